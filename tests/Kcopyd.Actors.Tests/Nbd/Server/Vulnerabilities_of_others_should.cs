using System.Text;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Vulnerabilities of other NBD servers, by the number under which they were published.</summary>
/// <remarks>
/// Not here: nbd 2013-6410 (an access list that matches part of an address), because this server has no access list: the permissions of the socket, loopback
/// and TLS control access. dm-snapshot 2013-4299 (a crafted store) is covered by the specs of snapshots, StoreReader_should and Stale_records_should. nbdkit
/// 2021-3716 is covered by Tls_of_the_server_should. Attacks of servers on clients are covered by the specs of the client.
/// </remarks>
public sealed class Vulnerabilities_of_others_should : NbdServerSpec
{
    private readonly CountingDevice _device = new(BlockDevice.Memory(1 << 20));

    [Fact]
    public async Task nbd_2005_3534_and_2011_0530_request_longer_than_the_buffer()
    {
        var server = Serve(_device);
        foreach (var length in new[] { (1L << 20) + 1, NbdNumbers.MaxPayload, NbdNumbers.MaxPayload + 1L, 1L << 31, uint.MaxValue })
        {
            var client = await UseAsync(server);
            await client.BeginAsync(NbdCommand.Write, 0, length, payload: new byte[100_000]);
            client.Dispose();
            client = await UseAsync(server);
            Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Read, 0, length));
            client.Dispose();
        }
        await AloneAsync(server);
        Assert.Empty(_device.Log);
        Assert.Equal(0, Core(server).Memory.Held);
    }

    [Fact]
    public async Task nbd_2013_7441_close_amid_the_negotiation_and_an_unknown_export()
    {
        var server = Serve(_device);
        var whole = new Packet().U32(3).Option(NbdOption.StructuredReply, []).Option(NbdOption.Go, Packet.Go("")).ToArray();
        for (var bytes = 0; bytes < whole.Length; bytes++)
        {
            var client = await ConnectAsync(server);
            await client.SendAsync(whole.AsMemory(0, bytes));
            if (bytes % 2 == 0)
                client.Die();
            else
                client.Dispose();
        }
        var old = await GreetAsync(server);
        await old.SendAsync(new Packet().Option(NbdOption.ExportName, "nothing"u8));
        await old.EndsAsync();
        await UseAsync(server);
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0x8000_0000u)]
    [InlineData(4097u)]
    public async Task nbd_2022_26495_the_length_of_a_name_wraps_around(uint length)
    {
        var server = Serve(_device);
        foreach (var option in new[] { NbdOption.Info, NbdOption.Go, NbdOption.ListMetaContext })
        {
            var client = await GreetAsync(server);
            Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(option, new Packet().U32(length).Raw(new byte[6000]).ToArray()));
        }
        var old = await GreetAsync(server);
        await old.SendAsync(new Packet().Option(NbdOption.ExportName, new byte[100], length));
        await old.EndsAsync();
    }

    [Theory]
    [InlineData(1025)]
    [InlineData(4096)]
    [InlineData(60_000)]
    public async Task nbd_2022_26496_and_qemu_2017_15118_a_name_longer_than_the_place_for_it(int length)
    {
        var client = await GreetAsync(Serve(_device));
        var name = new string('x', length);
        var expected = length <= NbdNumbers.MaxString ? NbdOptionReply.Unknown : NbdOptionReply.Invalid;
        Assert.Equal(expected, await client.AskAsync(NbdOption.Info, Packet.Go(name)));
        Assert.Equal(expected, await client.AskAsync(NbdOption.Go, Packet.Go(name)));
        await client.StructuredAsync();
        Assert.Equal(expected, await client.AskAsync(NbdOption.SetMetaContext, Packet.Contexts(name, "x")));
        Assert.Equal(length <= NbdNumbers.MaxString ? NbdOptionReply.Ack : NbdOptionReply.Invalid,
            await client.AskAsync(NbdOption.SetMetaContext, Packet.Contexts("", name)));
        await client.GoAsync();
    }

    [Fact]
    public async Task qemu_2017_7539_and_2017_9524_unexpected_data_or_a_drop_amid_the_negotiation()
    {
        var server = Serve(_device);
        foreach (var noise in new[]
        {
            Bytes.Random(10_000), Bytes.Filled(10_000, 0), Bytes.Filled(10_000, 0xff), Encoding.ASCII.GetBytes("NBDMAGICIHAVEOPT\0\x3"),
        })
        {
            var client = await ConnectAsync(server);
            await client.SendAsync(noise);
            client.Die();
            client = await GreetAsync(server);
            await client.SendAsync(noise);
            await client.EndsAsync();
        }
        await UseAsync(server);
    }

    [Theory]
    [InlineData(1u << 31)]
    [InlineData(uint.MaxValue)]
    public async Task qemu_2017_15119_an_option_of_4_GiB(uint length)
    {
        var server = Serve(_device);
        foreach (var option in new[] { NbdOption.List, NbdOption.Go, NbdOption.Abort, NbdOption.StructuredReply, (NbdOption)12345 })
        {
            var client = await GreetAsync(server);
            await client.SendAsync(new Packet().Option(option, new byte[1000], length));
            await client.EndsAsync();
        }
        await UseAsync(server);
    }

    [Fact]
    public async Task qemu_2020_10761_an_error_message_at_the_limit_of_its_length()
    {
        var client = await GreetAsync(Serve(_device));
        foreach (var name in new[]
        {
            new string('x', 4096), new string('\u00e9', 2048), string.Concat(Enumerable.Repeat("\U0001f4be", 1024)), new string('x', 79) + "\U0001f4be",
        })
        {
            var reply = Assert.Single(await client.OptionAsync(NbdOption.Go, Packet.Go(name)));
            Assert.Equal(NbdOptionReply.Unknown, reply.Type);
            Assert.InRange(reply.Data.Length, 1, NbdNumbers.MaxString);
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(reply.Data);
        }
    }

    [Fact]
    public async Task qemu_2024_7409_stopped_while_a_client_holds_its_socket_and_connections_without_a_limit()
    {
        var server = Serve(_device, settings: settings => settings with { MaxConnections = 10, DrainTimeout = TimeSpan.FromMilliseconds(50) });
        var clients = new List<RawClient>();
        for (var i = 0; i < 30; i++)
            clients.Add(await ConnectAsync(server));
        foreach (var client in clients.Take(10))
            await client.GreetAsync();
        await clients[0].GoAsync();
        await clients[1].SendAsync(new Packet().Option(NbdOption.List, [], 3));
        Assert.All(clients.Skip(10), static client => Assert.Equal(0, client.Socket.Available));
        await Soon(server.StopAsync());
    }

    [Theory]
    [InlineData(0, uint.MaxValue, 0)]
    [InlineData(0, uint.MaxValue, 8)]
    [InlineData(0, 1u << 31, 0)]
    [InlineData(1 << 20, 1, 8)]
    [InlineData(long.MaxValue, uint.MaxValue, 8)]
    [InlineData(-1L, uint.MaxValue, 0)]
    public async Task nbdkit_2025_47711_and_47712_a_huge_block_status(long offset, long length, int flags)
    {
        var client = await UseAsync(Serve(_device), structured: true);
        Assert.Equal(NbdError.Invalid, (await StatusAsync(offset, length)).Error);
        Assert.Equal([(1u << 20, ExtentFlags.None)], (await StatusAsync(0, 1 << 20)).Extents);

        async Task<Chunk> StatusAsync(long at, long count) =>
            Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, at, count, (CommandFlags)flags)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public async Task nbdkit_2025_47711_and_47712_a_huge_block_status_of_a_huge_device(int flags)
    {
        var client = await UseAsync(Serve(new Huge()), structured: true);
        var chunks = await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, 1L << 40, uint.MaxValue, (CommandFlags)flags));
        Assert.Equal([(uint.MaxValue, ExtentFlags.Hole | ExtentFlags.Zero)], Assert.Single(chunks).Extents);
    }

    [Fact]
    public async Task nbdkit_1_32_5_clients_that_are_killed_with_64_reads_in_flight()
    {
        var errors = Errors();
        var server = Serve(_device);
        for (var round = 0; round < 50; round++)
        {
            var client = await UseAsync(server, structured: round % 2 == 0);
            var reads = new Packet();
            for (ulong i = 0; i < 64; i++)
                reads.Request(NbdCommand.Read, i, i * 4096, 128 << 10);
            await client.SendAsync(reads);
            if (round % 3 == 0)
                await client.ReadAsync(20);     // the answers have started
            client.Die();
        }
        Assert.Equal(new byte[4096], await (await UseAsync(server)).GoodReadAsync(0, 4096));
        await Until(() => server.GetExports()[0].Connections == 1);
        Assert.Empty(errors);
    }

    /// <summary>A device of an exabyte that reports itself as a single hole.</summary>
    private sealed class Huge() : DeviceLayer(BlockDevice.Memory(4096))
    {
        public override long Length => 1L << 60;

        public override DeviceFeatures Features => DeviceFeatures.Map;

        public override ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Zero(length));
    }
}
