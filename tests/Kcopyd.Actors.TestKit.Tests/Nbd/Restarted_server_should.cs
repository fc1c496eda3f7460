using System.Net;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Nbd;

/// <summary>Random writers against a server that loses its cache, or its connections, again and again. A failure names its seed.</summary>
public sealed class Restarted_server_should
{
    private const int Writers = 4;
    private const int Part = 16 << 10;      // bytes for each writer
    private const int Operations = 30;
    private const int PowerCuts = 4;

    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void hold_what_was_acknowledged_whenever_it_was_killed()
    {
        var cuts = 0;
        var seeds = Simulation.RunMany(1, 200, async world => cuts += await PlayAsync(world)).Count;
        Assert.True(cuts > seeds, $"only {cuts} power cuts in {seeds} runs");
    }

    private static async Task<int> PlayAsync(World world)
    {
        var disk = world.AddDisk("disk", Writers * Part);
        var server = world.AddNode("server", start: node => node.System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Any, 10809)],
            Exports = [new NbdExport("", disk)],
        }.On(node)));
        server.AddDisk(disk);
        var client = world.AddNode("client");
        await using var device = await client.System.Kcopyd().OpenNbdDeviceAsync(new NbdUri { Host = server.Name }, new NbdClientOptions
        {
            Connections = world.Random.Next(2) == 0 ? 1 : 3,
            ReconnectLimit = TimeSpan.FromDays(20),
            RequestTimeout = TimeSpan.FromSeconds(5),
        }.On(client));
        var writers = Enumerable.Range(0, Writers).Select(i => new Writer(device, i * Part, Part, world.RandomFor($"writer {i}"))).ToList();
        var work = Task.WhenAll(writers.Select(static writer => writer.RunAsync(Operations)));
        var cuts = await Trouble(world, server, client, work, () => Check(writers, disk, static (writer, part) => writer.AssertSurvives(part)));
        await work;
        Assert.True((await device.FlushAsync()).IsSuccess);
        server.CutPower();
        Check(writers, disk, static (writer, part) => writer.AssertHolds(part));
        server.Start();
        var read = new byte[Writers * Part];
        Assert.Equal(IoResult.Success(read.Length), await device.ReadAsync(0, read));
        Assert.Equal(disk.Content.ToArray(), read);
        return cuts;
    }

    private static void Check(List<Writer> writers, SimulatedDisk disk, Action<Writer, byte[]> check)
    {
        for (var i = 0; i < writers.Count; i++)
            check(writers[i], disk.Content.Slice(i * Part, Part).ToArray());
    }

    private static async Task<int> Trouble(World world, Node server, Node client, Task work, Action afterPowerCut)
    {
        var random = world.RandomFor("trouble");
        var cuts = 0;
        while (cuts < PowerCuts)
        {
            await world.DelayAsync(random.NextDouble() * 60 * Millisecond);
            if (work.IsCompleted)
                break;
            switch (random.Next(8))
            {
                case < 3:
                    cuts++;
                    server.CutPower();
                    afterPowerCut();
                    // Sooner or later than the client notices: if it starts at once, connections are reset; otherwise they carry no more answers.
                    if (random.Next(2) == 0)
                        await world.DelayAsync(random.NextDouble() * 1000 * Millisecond);
                    server.Start();
                    break;
                case 3 or 4:
                    world.Network.ResetConnection(server, client);
                    break;
                case 5:
                    server.Kill();
                    await world.DelayAsync(random.NextDouble() * 200 * Millisecond);
                    server.Start();
                    break;
                case 6:
                    server.Freeze();
                    await world.DelayAsync(random.NextDouble() * 1000 * Millisecond);
                    server.Thaw();
                    break;
                case 7:
                    world.Network.Partition([server], [client]);
                    await world.DelayAsync(random.NextDouble() * 10_000 * Millisecond);
                    world.Network.Heal();
                    break;
            }
        }
        return cuts;
    }
}
