using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.Nbd;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

/// <summary>Thousands of seeds run in one process: each of them would keep a megabyte or more.</summary>
public sealed class Finished_simulation_should
{
    private const int Seeds = 5;

    [Fact]
    public Task be_collected_when_its_clients_were_killed() => AssertCollected(Run(static async world =>
    {
        var node = world.AddNode("node", start: static node => node.System.Kcopyd().GetClient());
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        node.Kill();
    }));

    [Fact]
    public Task be_collected_when_a_server_and_its_client_were_killed() => AssertCollected(Run(static async world =>
    {
        var disk = world.AddDisk("disk", 1 << 20);
        var server = world.AddNode("server", start: node => node.System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Any, 10809)],
            Exports = [new NbdExport("", disk)],
        }.On(node)));
        server.AddDisk(disk);
        var client = world.AddNode("client");
        var device = await client.System.Kcopyd().OpenNbdDeviceAsync(new NbdUri { Host = server.Name }, new NbdClientOptions().On(client));
        await device.WriteAsync(0, new byte[4096]);
        server.CutPower();
        client.Kill();
    }));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Run(Func<World, Task> test)
    {
        var worlds = new List<WeakReference>();
        Simulation.RunMany(1, Seeds, world =>
        {
            worlds.Add(new WeakReference(world));
            return test(world);
        });
        return [.. worlds];
    }

    // A thread that has just worked for a world may refer to it a little longer; the last one, until it works for another.
    private static async Task AssertCollected(WeakReference[] worlds)
    {
        var watch = Stopwatch.StartNew();
        while (worlds.Count(static world => world.IsAlive) > 1)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{worlds.Count(static world => world.IsAlive)} of {worlds.Length} worlds are still there");
            await Task.Delay(10);
            GC.Collect();
        }
    }
}
