using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Answers that clients request and never read are bounded for all clients together, and do not hold up the answers of others.</summary>
[Collection(Alone.Name)]
public sealed class Greedy_clients_should : NbdServerSpec
{
    private const int Largest = NbdNumbers.MaxPayload;
    private const int Clients = 64;

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task hold_no_more_than_all_may_and_keep_nobody_waiting(bool structured, bool prompt)
    {
        var memory = Random(2 * Largest);
        const long bound = 96L << 20;
        var server = Serve(prompt ? memory : new CountingDevice(memory),
            settings: settings => settings with { MaxBytes = bound, PieceSize = 1 << 20, MaxConnections = Clients + 2 });
        for (var i = 0; i < Clients; i++)
        {
            var greedy = await UseAsync(server, structured: structured);
            var much = new Packet();
            for (ulong cookie = 0; cookie < 40; cookie++)
                much.Request(NbdCommand.Read, cookie, cookie * 4096, Largest);
            await greedy.SendAsync(much);
        }
        var (quiet, modern) = (await UseAsync(server), await UseAsync(server, structured: true));
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(memory.Bytes.Slice(i * 4096, 4096).ToArray(), await quiet.GoodReadAsync(i * 4096, 4096));
            Assert.Equal(memory.Bytes.Slice(i, 1 << 20).ToArray(), await modern.GoodReadAsync(i, 1 << 20));
            Assert.Equal(NbdError.None, await quiet.WriteAsync(2 * Largest - 10_000, Bytes.Filled(10_000, (byte)i)));
            Assert.InRange(Core(server).Memory.Held, 0, bound);
        }
    }

    [Fact]
    public async Task get_what_they_asked_for_when_they_take_it_at_last()
    {
        var memory = Random(2 * Largest);
        var server = Serve(memory, settings: settings => settings with { MaxBytes = Largest });
        var clients = new RawClient[8];
        for (var i = 0; i < clients.Length; i++)
        {
            clients[i] = await UseAsync(server);
            for (var n = 0; n < 2; n++)
                await clients[i].BeginAsync(NbdCommand.Read, i * 4096, Largest);
        }
        await Task.WhenAll(clients.Select((client, i) => Task.Run(async () =>
        {
            for (var n = 0; n < 2; n++)
            {
                Assert.Equal(NbdError.None, (await client.SimpleAsync()).Error);
                var read = await client.ReadAsync(Largest);
                Assert.True(memory.Bytes.Slice(i * 4096, Largest).SequenceEqual(read));
            }
        })));
        Assert.InRange(Core(server).Memory.Held, 0, Largest);
    }

    [Fact]
    public async Task give_back_what_they_held_when_they_die()
    {
        var memory = Random(2 * Largest);
        var server = Serve(memory, settings: settings => settings with { MaxBytes = Largest });
        for (var round = 0; round < 5; round++)
        {
            var clients = new RawClient[4];
            for (var i = 0; i < clients.Length; i++)
            {
                clients[i] = await UseAsync(server, structured: i % 2 == 0);
                for (var n = 0; n < 4; n++)
                    await clients[i].BeginAsync(NbdCommand.Read, n, Largest);
            }
            foreach (var client in clients)
                client.Die();
            await AloneAsync(server);
            // All memory is available to the next client: its read needs all of it.
            var next = await UseAsync(server);
            var read = await next.GoodReadAsync(0, Largest);
            Assert.True(memory.Bytes[..Largest].SequenceEqual(read));
            next.Dispose();
        }
    }

    [Fact]
    public async Task not_have_more_requests_at_work_than_one_may()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Read);
        var server = Serve(device, settings: settings => settings with { MaxRequests = 10, MaxIos = 4 });
        var (client, other) = (await UseAsync(server), await UseAsync(server));
        var many = new Packet();
        for (ulong cookie = 0; cookie < 1000; cookie++)
            many.Request(NbdCommand.Read, cookie, cookie, 1);
        await client.SendAsync(many);
        await device.WaitingAsync(4);
        for (var i = 0; i < 50; i++)
            Assert.Equal(NbdError.None, await other.DoAsync(NbdCommand.Flush));
        Assert.Equal(4, device.Waiting);
        device.Release();
        var answered = new HashSet<ulong>();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(answered.Add((await client.SimpleAsync()).Cookie));
            await client.ReadAsync(1);
        }
    }

    [Fact]
    public async Task have_as_many_requests_at_work_as_one_may_though_none_is_answered()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Read);
        var client = await UseAsync(Serve(device, settings: settings => settings with { MaxRequests = 30, MaxIos = 30 }));
        var many = new Packet();
        for (ulong cookie = 0; cookie < 40; cookie++)
            many.Request(NbdCommand.Read, cookie, cookie, 1);
        await client.SendAsync(many);
        await Soon(device.WaitingAsync(30));
        device.Release();
    }

    [Fact]
    public async Task be_answered_in_turn_with_those_who_flood_the_server()
    {
        var server = Serve(BlockDevice.Memory(1 << 20));
        var floods = new List<Task>();
        for (var i = 0; i < 8; i++)
        {
            var client = await UseAsync(server);
            var many = new Packet();
            for (ulong cookie = 0; cookie < 20_000; cookie++)
                many.Request(NbdCommand.Read, cookie, 0, 1);
            floods.Add(client.ReadToEndAsync());
            floods.Add(Task.Run(async () =>
            {
                while (true)
                    await client.SendAsync(many);
            }));
        }
        await Until(() => server.GetExports()[0].Requests > 100_000);
        var quiet = await UseAsync(server);
        for (var i = 0; i < 200; i++)
            Assert.Equal(4096, (await quiet.GoodReadAsync(0, 4096)).Length);
    }
}
