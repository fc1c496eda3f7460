using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

public sealed class Stopping_should : NbdServerSpec
{
    [Fact]
    public async Task answer_what_has_begun_then_flush_and_refuse_who_comes_later()
    {
        var counting = new CountingDevice(BlockDevice.Memory(1 << 20));
        var device = counting.WithStall(IoOperations.Write);
        var server = Serve([new("", device), new("read-only", BlockDevice.Memory(4096).WithFlushError()) { ReadOnly = true }]);
        var (client, idle, undecided) = (await UseAsync(server), await UseAsync(server), await GreetAsync(server));
        var write = await client.BeginAsync(NbdCommand.Write, 0, 3, payload: new byte[] { 1, 2, 3 });
        await device.WaitingAsync();

        var stop = server.StopAsync();
        await idle.EndsAsync();
        await undecided.EndsAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(server));
        Assert.False(stop.IsCompleted);
        Assert.Equal(0, counting.Flushes);
        device.Release();
        Assert.Equal(new SimpleReply(write, NbdError.None), await client.SimpleAsync());
        await client.EndsAsync();
        await Soon(stop);
        Assert.Equal((IoOperations.Flush, 1), (counting.Log[^1].Operation, counting.Flushes));
        await Soon(server.StopAsync());
    }

    [Fact]
    public async Task say_which_device_could_not_be_flushed()
    {
        var server = Serve([new("good", BlockDevice.Memory(4096)), new("bad", BlockDevice.Memory(4096, name: "the bad one").WithFlushError())]);
        var failure = await Assert.ThrowsAsync<IOException>(() => Soon(server.StopAsync()));
        Assert.Contains("the bad one", failure.Message, StringComparison.Ordinal);
        await Soon(server.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task flush_a_device_that_throws_and_say_so()
    {
        var server = Serve(BlockDevice.Memory(4096, name: "gone").WithCrash());
        Assert.Contains("gone", (await Assert.ThrowsAsync<IOException>(() => Soon(server.StopAsync()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task drop_a_client_that_does_not_take_its_answers()
    {
        var server = Serve(Random(16 << 20), settings: settings => settings with { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        var client = await UseAsync(server);
        for (var i = 0; i < 4; i++)
            await client.BeginAsync(NbdCommand.Read, 0, 16 << 20);
        await client.SimpleAsync();     // the answers have started, and are longer than the socket buffers
        await Soon(server.StopAsync());
    }

    [Fact]
    public async Task drop_a_client_that_stays_in_the_middle_of_a_request()
    {
        var server = Serve(BlockDevice.Memory(1 << 20), settings: settings => settings with { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        var client = await UseAsync(server);
        await client.BeginAsync(NbdCommand.Write, 0, 1 << 20, payload: new byte[1000]);
        await Soon(server.StopAsync());
        await client.EndsAsync();
    }

    [Fact]
    public async Task end_beside_a_client_that_never_stops_asking()
    {
        var memory = BlockDevice.Memory(1 << 20);
        var server = Serve(memory, settings: settings => settings with { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        var client = await UseAsync(server);
        var answers = client.ReadToEndAsync();
        var flood = new Packet();
        for (ulong i = 0; i < 20_000; i++)
            flood.Request(NbdCommand.Read, i, 0, 1);
        var asking = Task.Run(async () =>
        {
            while (true)
                await client.SendAsync(flood);
        });
        await Until(() => server.GetExports()[0].Requests > 100_000);
        await Soon(server.StopAsync());
        await answers;
        await Assert.ThrowsAnyAsync<Exception>(() => Soon(asking));
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0u)]
    public async Task end_beside_a_client_that_never_stops_to_be_refused(uint length)
    {
        var server = Serve([new("", BlockDevice.Memory(4096)) { ReadOnly = true }],
            settings: settings => settings with { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        var client = await UseAsync(server);
        var answers = client.ReadToEndAsync();
        var flood = new Packet();
        for (ulong i = 0; i < 20_000; i++)
            flood.Request(NbdCommand.Write, i, 0, length);
        var asking = Task.Run(async () =>
        {
            while (true)
                await client.SendAsync(flood);
        });
        var (other, read) = (await UseAsync(server), 0);
        while (read++ < 500)
            await other.GoodReadAsync(0, 512);
        await Soon(server.StopAsync());
        await answers;
        await Assert.ThrowsAnyAsync<Exception>(() => Soon(asking));
    }

    [Fact]
    public async Task not_wait_for_whom_has_gone()
    {
        var server = Serve(BlockDevice.Memory(1 << 20));
        for (var i = 0; i < 20; i++)
            (await UseAsync(server)).Die();
        await Soon(server.StopAsync());
        Assert.Equal(0, server.GetExports()[0].Connections);
    }

    [Fact]
    public async Task remove_the_socket_and_leave_room_for_the_next_server()
    {
        var server = Serve(BlockDevice.Memory(1 << 20));
        var endPoint = server.EndPoints[0];
        Assert.Throws<NbdListenException>(() => Serve([new("", BlockDevice.Memory(4096))], options => options with { EndPoints = [endPoint] }));
        await Soon(server.StopAsync());
        Assert.False(File.Exists(endPoint.ToString()));
        var next = Serve([new("", BlockDevice.Memory(4096))], options => options with { EndPoints = [endPoint] });
        await UseAsync(next);
    }

    [Fact]
    public async Task end_where_the_folder_of_the_socket_is_gone()
    {
        var folder = Directory.CreateDirectory(InFolder("gone"));
        var device = new CountingDevice(BlockDevice.Memory(4096));
        var endPoint = new System.Net.Sockets.UnixDomainSocketEndPoint(InFolder("gone/socket"));
        var server = Serve([new("", device)], options => options with { EndPoints = [endPoint] });
        var client = await UseAsync(server);
        folder.Delete(recursive: true);
        await Soon(server.StopAsync());
        await client.EndsAsync();
        Assert.Equal(1, device.Flushes);
    }

    [Fact]
    public async Task end_with_the_actor_system()
    {
        var server = Serve(BlockDevice.Memory(1 << 20));
        var client = await UseAsync(server);
        await Soon(Sys.Terminate());
        await client.EndsAsync();
        await Soon(server.StopAsync());
    }

    [Fact]
    public async Task concern_one_export_if_it_is_removed()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var server = Serve([new("a", device), new("b", BlockDevice.Memory(4096))]);
        var (a, idle, b) = (await UseAsync(server, "a"), await UseAsync(server, "a"), await UseAsync(server, "b"));
        var write = await a.BeginAsync(NbdCommand.Write, 0, 3, payload: new byte[] { 1, 2, 3 });
        await device.WaitingAsync();

        Assert.True(server.RemoveExport("a"));
        Assert.False(server.RemoveExport("a"));
        await idle.EndsAsync();
        device.Release();
        Assert.Equal(new SimpleReply(write, NbdError.None), await a.SimpleAsync());
        await a.EndsAsync();
        Assert.Equal(NbdError.None, await b.WriteAsync(0, [1]));
        var late = await GreetAsync(server);
        Assert.Equal(NbdOptionReply.Unknown, await late.AskAsync(NbdOption.Go, Packet.Go("a")));

        server.AddExport(new NbdExport("a", BlockDevice.Memory(4096)));
        Assert.Throws<ArgumentException>(() => server.AddExport(new NbdExport("a", BlockDevice.Memory(4096))));
        await late.GoAsync("a");
        Assert.Equal(new byte[3], await late.GoodReadAsync(0, 3));
    }
}
