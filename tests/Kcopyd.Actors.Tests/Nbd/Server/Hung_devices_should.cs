using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Stopping a server or removing an export ends within its time limits although a device never answers, and reports what hangs.</summary>
public sealed class Hung_devices_should : NbdServerSpec
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private NbdServer ServeBriefly(params NbdExport[] exports) =>
        Serve(exports, settings: settings => settings with { DrainTimeout = Short, DeviceTimeout = Short });

    [Fact]
    public async Task not_hold_up_the_end_of_a_server_which_names_the_oldest_request()
    {
        var (hung, other) = (BlockDevice.Memory(1 << 20, name: "the hung one").WithStall(IoOperations.Write), new CountingDevice(BlockDevice.Memory(4096)));
        var server = ServeBriefly(new("a", hung), new("b", other));
        var (client, second) = (await UseAsync(server, "a"), await UseAsync(server, "b"));
        await client.BeginAsync(NbdCommand.Write, 8192, 3, payload: new byte[] { 1, 2, 3 });
        await hung.WaitingAsync();
        await client.BeginAsync(NbdCommand.Write, 0, 4, payload: new byte[] { 4, 5, 6, 7 });
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush));        // the second write is in the device, too

        var stopped = await Assert.ThrowsAsync<TimeoutException>(() => Soon(server.StopAsync()));
        Assert.Contains("export 'a', the hung one: client ", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("2 requests, of which the oldest is Write of 3 bytes at 8192", stopped.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("export 'b'", stopped.Message, StringComparison.Ordinal);
        Assert.Equal(1, other.Flushes);
        await client.EndsAsync();
        await second.EndsAsync();
        await Soon(server.DisposeAsync().AsTask());
        hung.Release();
    }

    [Fact]
    public async Task not_hold_up_the_end_of_a_server_by_a_flush()
    {
        var hung = BlockDevice.Memory(1 << 20, name: "the hung one").WithStall(IoOperations.Flush);
        var server = ServeBriefly(new NbdExport("a", hung), new NbdExport("bad", BlockDevice.Memory(4096, name: "the bad one").WithFlushError()));
        var stopped = await Assert.ThrowsAsync<TimeoutException>(() => Soon(server.StopAsync()));
        Assert.Contains("the hung one: the flush", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("the bad one: flush failed", stopped.Message, StringComparison.Ordinal);
        hung.Release();
    }

    [Fact]
    public async Task not_hold_up_the_end_of_a_server_by_a_thread_that_they_block()
    {
        using var release = new ManualResetEventSlim();
        var server = ServeBriefly(new NbdExport("", new BlockingDevice(BlockDevice.Memory(4096, name: "the hung one"), release)));
        var client = await UseAsync(server);
        await client.BeginAsync(NbdCommand.Write, 0, 1, payload: new byte[] { 1 });
        await Soon(BlockingDevice.Blocked.WaitAsync());
        try
        {
            var stopped = await Assert.ThrowsAsync<TimeoutException>(() => Soon(server.StopAsync()));
            Assert.Contains("Write of 1 bytes at 0", stopped.Message, StringComparison.Ordinal);
            await client.EndsAsync();
        }
        finally
        {
            release.Set();
        }
    }

    [Fact]
    public async Task keep_the_removal_of_their_export_waiting_until_they_have_answered()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var server = Serve([new("a", device)]);
        var (client, idle) = (await UseAsync(server, "a"), await UseAsync(server, "a"));
        var write = await client.BeginAsync(NbdCommand.Write, 0, 3, payload: new byte[] { 1, 2, 3 });
        await device.WaitingAsync();

        var removal = server.RemoveExportAsync("a");
        await idle.EndsAsync();
        Assert.Empty(server.GetExports());
        server.AddExport(new NbdExport("a", BlockDevice.Memory(4096)));
        var newcomer = await UseAsync(server, "a");
        Assert.Equal(NbdError.None, await newcomer.WriteAsync(0, [9]));
        Assert.False(removal.IsCompleted);
        device.Release();
        Assert.Equal(new SimpleReply(write, NbdError.None), await client.SimpleAsync());
        await client.EndsAsync();
        Assert.True(await Soon(removal));
        Assert.Equal(NbdError.None, await newcomer.WriteAsync(0, [9]));
        Assert.Equal([1, 2, 3], await device.ReadAllAsync(0, 3));
        Assert.True(await Soon(server.RemoveExportAsync("a")));
        Assert.False(await Soon(server.RemoveExportAsync("a")));
    }

    [Fact]
    public async Task be_named_when_the_removal_of_their_export_waits_no_longer_and_be_waited_for_again()
    {
        var device = BlockDevice.Memory(1 << 20, name: "the hung one").WithStall(IoOperations.Write);
        var server = ServeBriefly(new NbdExport("a", device));
        var client = await UseAsync(server, "a");
        await client.BeginAsync(NbdCommand.Write, 512, 3, payload: new byte[] { 1, 2, 3 });
        await device.WaitingAsync();

        var late = await Assert.ThrowsAsync<TimeoutException>(() => Soon(server.RemoveExportAsync("a")));
        Assert.Contains("Export 'a' is removed, but the hung one has not completed all requests: client ", late.Message, StringComparison.Ordinal);
        Assert.Contains("Write of 3 bytes at 512", late.Message, StringComparison.Ordinal);
        await client.EndsAsync();
        using var impatience = new CancellationTokenSource();
        var cancelled = server.RemoveExportAsync("a", impatience.Token);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon(cancelled));
        device.Release();
        await Until(async () => !await server.RemoveExportAsync("a"));
    }

    // The requests that a connection leaves in a device when it fails because of a bug: their completion is not reported, so the server must not claim it.
    [Fact]
    public async Task not_be_taken_for_quiet_when_a_connection_has_died_of_a_bug()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var server = ServeBriefly(new NbdExport("a", device));
        var client = await UseAsync(server, "a");
        await client.BeginAsync(NbdCommand.Write, 0, 3, payload: new byte[] { 1, 2, 3 });
        await device.WaitingAsync();
        (await Sys.ActorSelection(server.Actor.Path / "connection-0").ResolveOne(TimeSpan.FromSeconds(60))).Tell(Akka.Actor.Kill.Instance, TestActor);
        await client.EndsAsync();
        var late = await Assert.ThrowsAsync<TimeoutException>(() => Soon(server.RemoveExportAsync("a")));
        Assert.Contains("requests of connections that have failed", late.Message, StringComparison.Ordinal);
        device.Release();
    }

    private sealed class BlockingDevice(IBlockDevice inner, ManualResetEventSlim release) : DeviceLayer(inner)
    {
        public static SemaphoreSlim Blocked { get; } = new(0);

        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
        {
            Blocked.Release();
            release.Wait();
            return base.WriteAsync(offset, buffer);
        }
    }
}
