using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Tests.Mirrors;

/// <summary>The power fails at every moment of a run; each sector that was not flushed may be on the medium, or not. What the legs and the log hold then is
/// read without the code under test.</summary>
public sealed class Power_cut_of_a_mirror_should(ITestOutputHelper output)
{
    private const int Region = 2048;
    private const int Sectors = 16 * Region / 512 - 1;
    private const int Length = Sectors * 512;
    private const int Writers = 3;

    [Fact]
    public void leave_every_flushed_write_on_each_leg_that_may_become_the_source_and_no_clean_region_that_differs()
    {
        var points = 0;
        var seeds = Simulation.RunMany(1, 30, async world => points += await PlayAsync(world)).Count;
        output.WriteLine($"{points} crash points in {seeds} runs");
        Assert.True(points > seeds * 500, $"only {points} crash points in {seeds} runs");
    }

    private static async Task<int> PlayAsync(World world)
    {
        var random = world.RandomFor("trouble");
        var log = new WriteLog();
        var host = world.AddNode("host");
        var disks = Enumerable.Range(0, random.Next(2, 4)).Select(i => world.AddDisk($"disk {i}", Length)).ToList();
        var legs = disks.ConvertAll(disk => disk.WithRecording(log, isBlank: true));
        var logDisk = world.AddDisk("log", 4096).WithRecording(log, isBlank: true);
        var mirror = await host.System.Kcopyd().OpenMirrorAsync([.. legs], new MirrorOptions
        {
            Name = "mirror", Log = logDisk, RegionSize = Region, AssumeInSync = true, LeaveOpen = true,
        });
        var from = log.Now;
        var parts = Enumerable.Range(0, Writers)
            .Select(i => new OwnedSectors(mirror, log, i * (Sectors / Writers), Sectors / Writers, world.RandomFor($"writer {i}"))).ToList();
        var work = Task.WhenAll(parts.Select(async part =>
        {
            for (var i = 0; i < 12; i++)
            {
                await part.StepAsync();
                if (world.RandomFor("pauses").Next(3) == 0)
                    await world.DelayAsync(TimeSpan.FromMilliseconds(world.RandomFor("pauses").Next(1500)));
            }
        }));
        await world.DelayAsync(TimeSpan.FromMilliseconds(random.Next(2500)));
        if (random.Next(2) == 0)
        {
            var broken = random.Next(disks.Count);
            disks[broken].Faults = DiskFaults.None with { BadWrites = [new ByteRange(0, Length)], FlushErrorRate = 1 };
            await world.DelayAsync(TimeSpan.FromMilliseconds(random.Next(2500)));
            disks[broken].Faults = DiskFaults.None;
            if ((await mirror.GetStatusAsync()).Legs[broken].State == MirrorLegState.Failed)
                await mirror.ReturnLegAsync(broken);
        }
        await work;
        await mirror.WhenInSyncAsync();
        await mirror.DisposeAsync();
        return Check(log, from, parts, legs.ConvertAll(static leg => leg.Disk), logDisk.Disk, world.Seed);
    }

    private static int Check(WriteLog log, long from, List<OwnedSectors> parts, List<LoggedDisk> legs, LoggedDisk logDisk, int seed)
    {
        var points = 0;
        foreach (var cut in PowerCuts.Enumerate(log, new PowerCutOptions { From = from, Seed = seed, Samples = 6 }))
        {
            points++;
            var found = new LogOnDisk(cut.Bytes(logDisk), legs.Count, Region);
            var content = legs.ConvertAll(leg => cut.Bytes(leg).ToArray());
            found.AssertIsTrue(Length, leg => content[leg]);
            foreach (var leg in found.Good)
                parts.ForEach(part => part.AssertSurvive(content[leg], cut.Time, $"leg {leg} after {cut}"));
        }
        return points;
    }
}
