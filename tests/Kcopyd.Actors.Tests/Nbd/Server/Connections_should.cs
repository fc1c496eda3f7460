using System.Net;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>How connections start, how they are limited, and how they end.</summary>
public sealed class Connections_should : NbdServerSpec
{
    [Fact]
    public async Task wait_while_there_are_enough_and_be_served_when_one_ends()
    {
        var server = Serve(BlockDevice.Memory(4096), settings: settings => settings with { MaxConnections = 2 });
        var first = await UseAsync(server);
        await UseAsync(server);
        var third = await ConnectAsync(server);
        var greeting = third.ReadAsync(18);
        Assert.Equal(NbdError.None, await first.WriteAsync(0, [1]));
        Assert.False(greeting.IsCompleted);
        await first.BeginAsync(NbdCommand.Disconnect);
        await first.EndsAsync();
        Assert.Equal(18, (await greeting).Length);
    }

    [Fact]
    public async Task be_named_once_in_the_log_when_clients_wait_for_one()
    {
        var warnings = CreateTestProbe();
        Sys.EventStream.Subscribe(warnings.Ref, typeof(Akka.Event.Warning));
        var server = Serve([new("disk", BlockDevice.Memory(4096))], settings: settings => settings with { MaxConnections = 1 });
        for (var time = 0; time < 2; time++)
        {
            var used = await UseAsync(server, "disk");
            var (waiting, further) = (await ConnectAsync(server), await ConnectAsync(server));
            var warning = (await warnings.ExpectMsgAsync<Akka.Event.Warning>(TimeSpan.FromSeconds(60))).Message.ToString();
            Assert.Contains($"(process {Environment.ProcessId}) waits: the server has 1 connections (1 of export 'disk'), which is its limit, "
                + "kcopyd.nbd.server.max-connections", warning, StringComparison.Ordinal);
            used.Dispose();
            await waiting.GreetAsync();
            waiting.Dispose();
            await further.GreetAsync();
            further.Dispose();
            await Until(async () => await server.GetStatusAsync() is { Connections: 0, Waiting: 0 });
        }
        await Soon(server.StopAsync());
        await warnings.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task not_be_one_more_for_each_address()
    {
        var server = Serve([new("", BlockDevice.Memory(4096))],
            options => options with { EndPoints = [options.EndPoints[0], new IPEndPoint(IPAddress.Loopback, 0)] },
            settings => settings with { MaxConnections = 1 });
        var one = await ConnectAsync(server, server.EndPoints[0]);
        var other = await ConnectAsync(server, server.EndPoints[1]);
        var (first, second) = (one.ReadAsync(18), other.ReadAsync(18));
        var served = await Soon(Task.WhenAny(first, second));
        var (used, waits) = served == first ? (one, second) : (other, first);
        // The answers show that the server has had every chance to accept the other client.
        await used.SendAsync(new Packet().U32((uint)ClientFlags.FixedNewstyle));
        await used.GoAsync();
        for (var i = 0; i < 100; i++)
            Assert.Equal(NbdError.None, await used.DoAsync(NbdCommand.Flush));
        Assert.False(waits.IsCompleted);
        used.Dispose();
        Assert.Equal(18, (await waits).Length);
    }

    [Fact]
    public async Task count_in_the_status_with_what_they_did()
    {
        var server = Serve([new("a", BlockDevice.Memory(1 << 20)), new("b", BlockDevice.Memory(4096)) { ReadOnly = true }]);
        var (first, second) = (await UseAsync(server, "a"), await UseAsync(server, "a", structured: true));
        await first.WriteAsync(0, new byte[1000]);
        await first.DoAsync(NbdCommand.WriteZeroes, 0, 500);
        await second.ReadAtAsync(0, 300);
        await second.ReadAtAsync(1 << 20, 300);
        await first.DoAsync(NbdCommand.Flush);
        Assert.Equal([new("a", "memory", 1 << 20, false, 2, 5, 1, 300, 1500), new("b", "memory", 4096, true, 0, 0, 0, 0, 0)], server.GetExports());
        first.Dispose();
        await Until(() => server.GetExports()[0].Connections == 1);
        await second.BeginAsync(NbdCommand.Disconnect);
        await second.EndsAsync();
        await AloneAsync(server);
    }

    [Fact]
    public async Task answer_what_has_begun_before_a_soft_disconnect()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var server = Serve(device);
        var client = await UseAsync(server);
        var write = await client.BeginAsync(NbdCommand.Write, 0, 3, payload: new byte[] { 1, 2, 3 });
        await client.BeginAsync(NbdCommand.Disconnect);
        await client.BeginAsync(NbdCommand.Write, 0, 1, payload: new byte[] { 9 });        // ignored after the disconnect
        await device.WaitingAsync();
        device.Release();
        Assert.Equal(new SimpleReply(write, NbdError.None), await client.SimpleAsync());
        await client.EndsAsync();
        await AloneAsync(server);
        Assert.Equal([1, 2, 3], await device.ReadAllAsync(0, 3));
    }

    [Fact]
    public async Task answer_what_has_begun_before_the_client_closed_its_side()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var client = await UseAsync(Serve(device));
        var first = await client.BeginAsync(NbdCommand.Write, 0, 3, payload: new byte[] { 1, 2, 3 });
        var second = await client.BeginAsync(NbdCommand.Flush);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        Assert.Equal(new SimpleReply(second, NbdError.None), await client.SimpleAsync());
        await device.WaitingAsync();
        device.Release();
        Assert.Equal(new SimpleReply(first, NbdError.None), await client.SimpleAsync());
        await client.EndsAsync();
    }

    [Fact]
    public async Task answer_all_that_came_before_the_client_closed_its_side_however_many_turns_it_takes()
    {
        const int requests = 300;
        var client = await UseAsync(Serve(BlockDevice.Memory(1 << 20), settings: settings => settings with { PieceSize = 64 << 10, MaxRequests = 7 }));
        var all = new Packet();
        for (var i = 0; i < requests; i++)
            all.Request(NbdCommand.Write, (ulong)i, (ulong)i * 512, 512).Raw(Bytes.Filled(512, (byte)i));
        await client.SendAsync(all);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        for (var i = 0; i < requests; i++)
            Assert.Equal(new SimpleReply((ulong)i, NbdError.None), await client.SimpleAsync());
        await client.EndsAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task change_no_more_than_what_had_come_when_the_client_died(bool prompt)
    {
        const int piece = 64 << 10;
        var memory = BlockDevice.Memory(1 << 20);
        var server = Serve(prompt ? memory : new CountingDevice(memory), settings: settings => settings with { PieceSize = piece });
        var (client, other) = (await UseAsync(server), await UseAsync(server));
        await client.BeginAsync(NbdCommand.Write, 0, 4 * piece, payload: Bytes.Filled(piece + 100, 5));
        client.Die();
        await Until(() => server.GetExports()[0].Connections == 1);
        // Whole pieces are written as they arrive, unless the server noticed the death of the client first.
        var written = memory.Bytes[..piece].IndexOfAnyExcept((byte)5) == -1;
        Assert.Equal(-1, memory.Bytes[(written ? piece : 0)..].IndexOfAnyExcept((byte)0));
        Assert.Equal(NbdError.None, await other.WriteAsync(0, [1]));
    }

    [Fact]
    public async Task not_take_the_payload_of_an_unfinished_write_for_requests()
    {
        var counting = new CountingDevice(BlockDevice.Memory(1 << 20));
        var device = counting.WithStall(IoOperations.Flush);
        var server = Serve(device);
        var client = await UseAsync(server);
        var flush = await client.BeginAsync(NbdCommand.Flush);
        await device.WaitingAsync();
        // The data that a guest writes may look like anything, even like requests.
        var payload = new Packet().Request(NbdCommand.Write, 7, 4096, 3).Raw([1, 2, 3]).Request(NbdCommand.WriteZeroes, 8, 0, 4096);
        await client.BeginAsync(NbdCommand.Write, 0, 1 << 20, payload: payload.Bytes);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        device.Release();
        Assert.Equal(new SimpleReply(flush, NbdError.None), await client.SimpleAsync());
        await client.EndsAsync();
        Assert.Equal([IoOperations.Flush], counting.Log.Select(entry => entry.Operation));
    }

    [Fact]
    public async Task end_only_when_nothing_of_them_is_on_the_device()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var server = Serve(device);
        var (client, other) = (await UseAsync(server), await UseAsync(server));
        await client.BeginAsync(NbdCommand.Write, 0, 3, payload: new byte[] { 1, 2, 3 });
        await device.WaitingAsync();
        client.Die();
        for (var i = 0; i < 50; i++)
            Assert.Equal(NbdError.None, await other.DoAsync(NbdCommand.Flush));
        Assert.Equal(2, server.GetExports()[0].Connections);
        device.Release();
        await Until(() => server.GetExports()[0].Connections == 1);
    }

    [Fact]
    public async Task be_dropped_when_what_comes_is_no_request()
    {
        var server = Serve(BlockDevice.Memory(1 << 20));
        var client = await UseAsync(server);
        await client.SendAsync(new Packet().Request(NbdCommand.Write, 1, 0, 1, magic: 0x25609514).Raw([9]));
        await client.EndsAsync();
        Assert.Equal(new byte[1], await (await UseAsync(server)).GoodReadAsync(0, 1));
    }

    [Fact]
    public async Task see_each_others_writes_whichever_they_use()
    {
        var server = Serve(BlockDevice.Memory(1 << 20));
        var (first, second) = (await UseAsync(server), await UseAsync(server, structured: true));
        for (byte i = 1; i < 100; i++)
        {
            Assert.Equal(NbdError.None, await first.WriteAsync(i * 512, Bytes.Filled(512, i)));
            Assert.Equal(Bytes.Filled(512, i), await second.GoodReadAsync(i * 512, 512));
        }
    }
}
