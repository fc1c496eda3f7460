using System.Net;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Engine;

/// <summary>Every asynchronous call of the engine stays in a simulation of the test's own process, however its caller waits.</summary>
public sealed class Engine_in_a_simulation_should
{
    private const int Size = 1 << 18;
    private const int Seeds = 20;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory, CombinatorialWaits]
    public void complete_the_calls_of_a_client(Wait wait) => Run(wait, async (world, node, caller) =>
    {
        var (from, to) = (Disk(world, "from"), Disk(world, "to"));
        var client = node.System.Kcopyd().CreateClient();
        Assert.True((await caller.CallAsync(() => client.CopyAsync(from.Whole(), [to.Whole()]))).IsSuccess);
        Assert.True((await caller.CallAsync(() => client.ZeroAsync([to.Whole()]))).IsSuccess);
        Assert.Equal(0, (await caller.CallAsync(() => client.GetStatusAsync())).Jobs);
        await caller.CallAsync(() => client.FlushCallbacksAsync());
        var running = client.CopyAsync(from.Whole(), [to.Whole()], CopyFlags.None, out var job);
        await caller.CallAsync(() => job.GetProgressAsync());
        await running;
        await caller.CallAsync(() => client.DestroyAsync());
        await Assert.ThrowsAsync<KcopydClientClosedException>(() => caller.CallAsync(() => client.GetStatusAsync()));
        await caller.CallAsync(() => client.FlushCallbacksAsync());
        Assert.Null(await caller.CallAsync(() => job.GetProgressAsync()));
        await caller.CallAsync(() => client.DisposeAsync().AsTask());
    });

    [Theory, CombinatorialWaits]
    public void cancel_the_calls_of_a_client(Wait wait) => Run(wait, async (world, node, caller) =>
    {
        var (from, to) = (Disk(world, "from", 64 * Size).WithStall(), Disk(world, "to", 64 * Size));      // more than is in flight at once
        var client = node.System.Kcopyd().CreateClient();
        using var cancelling = new CancellationTokenSource();
        var copy = Assert.ThrowsAsync<CopyCancelledException>(
            () => caller.CallAsync(() => client.CopyAsync(from.Whole(), [to.Whole()], cancellationToken: cancelling.Token)));
        await from.WaitingAsync().WaitAsync(Second, world.Time);
        cancelling.Cancel();
        await world.DelayAsync(Second);
        from.Release();
        await copy;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller.CallAsync(() => client.GetStatusAsync(cancelling.Token)));
        await Late(world, token => caller.CallAsync(() => client.GetStatusAsync(token)));
        await Late(world, token => caller.CallAsync(() => client.FlushCallbacksAsync(token)));
        await client.DestroyAsync();
    });

    [Theory, CombinatorialWaits]
    public void complete_the_calls_of_an_origin_and_its_snapshots(Wait wait) => Run(wait, async (world, node, caller) =>
    {
        var origin = node.System.Kcopyd().CreateSnapshotOrigin(Disk(world, "disk"), identity: new OriginIdentity("disk", "disk"));
        var store = Disk(world, "store");
        var snapshot = await caller.CallAsync(() => origin.OpenSnapshotAsync(store, new SnapshotOptions { ChunkSize = 4096, LeaveOpen = true }));
        var buffer = new byte[4096];
        Assert.True((await caller.CallAsync(() => origin.WriteAsync(0, buffer))).IsSuccess);
        Assert.True((await caller.CallAsync(() => origin.ReadAsync(0, buffer))).IsSuccess);
        Assert.True((await caller.CallAsync(() => origin.FlushAsync())).IsSuccess);
        Assert.True((await caller.CallAsync(() => snapshot.WriteAsync(4096, buffer))).IsSuccess);
        Assert.True((await caller.CallAsync(() => snapshot.ReadAsync(0, buffer))).IsSuccess);
        Assert.True((await caller.CallAsync(() => snapshot.FlushAsync())).IsSuccess);
        Assert.Single((await caller.CallAsync(() => origin.GetStatusAsync())).Snapshots);
        Assert.Equal(SnapshotState.Active, (await caller.CallAsync(() => snapshot.GetStatusAsync())).State);
        Assert.Equal(2, (await caller.CallAsync(() => snapshot.GetChangedChunksAsync())).Count);
        await caller.CallAsync(() => snapshot.GrowAsync(store));
        Assert.True((await caller.CallAsync(() => snapshot.MergeAsync())).IsComplete);
        await Late(world, token => caller.CallAsync(() => origin.GetStatusAsync(token)));
        await Late(world, token => caller.CallAsync(() => snapshot.GetStatusAsync(token)));
        await caller.CallAsync(() => snapshot.DisposeAsync().AsTask());
        await caller.CallAsync(() => origin.DisposeAsync().AsTask());
        Assert.Empty((await caller.CallAsync(() => origin.GetStatusAsync())).Snapshots);
        await caller.CallAsync(() => snapshot.GetStatusAsync());
        Assert.Equal(IoError.Closed, (await caller.CallAsync(() => snapshot.ReadAsync(0, buffer))).Error);
    });

    [Theory, CombinatorialWaits]
    public void complete_the_calls_of_an_nbd_server_and_its_client(Wait wait) => Run(wait, async (world, node, caller) =>
    {
        var client = world.AddNode("client");
        var server = node.System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Any, 10809)],
            Exports = [new NbdExport("disk", Disk(world, "disk")), new NbdExport("other", Disk(world, "other"))],
        }.On(node));
        var uri = new NbdUri { Host = node.Name, Export = "disk" };
        var options = new NbdClientOptions { ReconnectLimit = 10 * Second, Connections = 2 }.On(client);
        Assert.Equal(Size, (await caller.CallAsync(() => NbdBlockDevice.QueryAsync(uri, options))).Length);
        Assert.Equal(2, (await caller.CallAsync(() => NbdBlockDevice.ListAsync(uri, options))).Count);
        var device = await caller.CallAsync(() => client.System.Kcopyd().OpenNbdDeviceAsync(uri, options));
        var buffer = new byte[Size / 2];
        Assert.True((await caller.CallAsync(() => device.WriteAsync(0, buffer))).IsSuccess);
        Assert.True((await caller.CallAsync(() => device.WriteThroughAsync(0, buffer))).IsSuccess);
        Assert.True((await caller.CallAsync(() => device.ReadAsync(0, buffer))).IsSuccess);
        Assert.True((await caller.CallAsync(() => device.WriteZeroesAsync(0, 4096))).IsSuccess);
        Assert.True((await caller.CallAsync(() => device.PunchAsync(0, 4096))).IsSuccess);
        Assert.True((await caller.CallAsync(() => device.DiscardAsync(0, 4096))).IsSuccess);
        Assert.True((await caller.CallAsync(() => device.FlushAsync())).IsSuccess);
        if (device.Features.HasFlag(DeviceFeatures.Map))
            Assert.Equal(IoError.None, (await caller.CallAsync(() => device.MapAsync(0, 4096).AsTask())).Error);
        Assert.Equal(NbdServerState.Serving, (await caller.CallAsync(() => server.GetStatusAsync())).State);
        await Late(world, token => caller.CallAsync(() => server.GetStatusAsync(token)));
        world.Network.ResetConnections(node, client);
        Assert.True((await caller.CallAsync(() => device.ReadAsync(0, buffer))).IsSuccess);
        Assert.True(await caller.CallAsync(() => server.RemoveExportAsync("other")));
        Assert.False(await caller.CallAsync(() => server.RemoveExportAsync("other")));
        await Assert.ThrowsAsync<NbdException>(() => caller.CallAsync(() => NbdBlockDevice.QueryAsync(uri with { Export = "other" }, options)));
        await caller.CallAsync(() => device.DisposeAsync().AsTask());
        await caller.CallAsync(() => server.StopAsync());
        Assert.Equal(NbdServerState.Stopped, (await caller.CallAsync(() => server.GetStatusAsync())).State);
        await caller.CallAsync(() => server.DisposeAsync().AsTask());
        await Assert.ThrowsAsync<NbdException>(() => caller.CallAsync(() => client.System.Kcopyd().OpenNbdDeviceAsync(uri, options)));
    });

    [Theory, CombinatorialWaits]
    public void cancel_the_opening_of_an_nbd_device(Wait wait) => Run(wait, async (world, node, caller) =>
    {
        var client = world.AddNode("client");
        world.Network.Partition([node], [client]);
        var uri = new NbdUri { Host = node.Name };
        var options = new NbdClientOptions { ConnectTimeout = 5 * Second }.On(client);
        await Assert.ThrowsAsync<NbdException>(() => caller.CallAsync(() => client.System.Kcopyd().OpenNbdDeviceAsync(uri, options)));
        await Late(world, token => caller.CallAsync(() => client.System.Kcopyd().OpenNbdDeviceAsync(uri, options, token)));
        await Late(world, token => caller.CallAsync(() => NbdBlockDevice.QueryAsync(uri, options, token)));
    });

    [Theory, CombinatorialWaits]
    public void complete_the_operations_of_faulty_devices(Wait wait) => Run(wait, async (world, node, caller) =>
    {
        var disk = Disk(world, "disk");
        var stall = disk.WithStall();
        IBlockDevice[] devices =
        [
            disk, stall, disk.WithDelay(Second, time: world.Time), disk.WithFlakiness(Second, Second, time: world.Time), disk.WithErrorRate(0.5),
            disk.WithErrorAt(2), disk.WithErrors(new ByteRange(0, 512)), disk.WithFlushError(), disk.WithShortTransfers(), disk.WithCrash(3),
            disk.WithVolatileCache(1),
        ];
        foreach (var device in devices)
        {
            var buffer = new byte[4096];
            Task[] operations =
            [
                caller.CallAsync(() => device.WriteAsync(0, buffer)), caller.CallAsync(() => device.ReadAsync(0, buffer)),
                caller.CallAsync(() => device.WriteZeroesAsync(0, 4096)), caller.CallAsync(() => device.DiscardAsync(0, 4096)),
                caller.CallAsync(() => device.FlushAsync()),
            ];
            if (device == stall)
            {
                await stall.WaitingAsync(2).WaitAsync(Second, world.Time);
                stall.ReleaseOne();
                stall.Release();
            }
            await (device is CrashDevice ? Assert.ThrowsAsync<IOException>(() => Task.WhenAll(operations)) : Task.WhenAll(operations));
            if (device is VolatileCacheDevice cache)
                await caller.CallAsync(() => cache.CrashAsync().AsTask());
        }
        var client = node.System.Kcopyd().CreateClient();
        foreach (var device in devices.Except([stall]))
            await caller.CallAsync(() => client.ZeroAsync([device.Whole()]));
        stall.Stall();
        var zero = client.ZeroAsync([stall.Whole()]);
        await stall.WaitingAsync().WaitAsync(Second, world.Time);
        stall.Release();
        Assert.True((await zero).IsSuccess);
    });

    private static SimulatedDisk Disk(World world, string name, long size = Size) => world.AddDisk(name, size);

    // The call ends before it is cancelled, or is cancelled by a timer.
    private static async Task Late(World world, Func<CancellationToken, Task> call)
    {
        using var cancelling = new CancellationTokenSource(world.Random.Next(2) * Second / 1000, world.Time);
        try
        {
            await call(cancelling.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.True(cancelling.IsCancellationRequested);
        }
    }

    private static void Run(Wait wait, Func<World, Node, Caller, Task> test) => Simulation.RunMany(1, Seeds, async world =>
    {
        var node = world.AddNode("node");
        await test(world, node, new Caller(world, node.System, wait));
    });

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class CombinatorialWaitsAttribute : Xunit.Sdk.DataAttribute
    {
        public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) =>
            Enum.GetValues<Wait>().Select(static wait => new object[] { wait });
    }
}
