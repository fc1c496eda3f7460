using System.Diagnostics;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Snapshots.Model;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>The same run is repeated, each time with an error at another I/O, until every I/O has failed once.</summary>
public sealed class One_failed_io_should(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void cost_what_it_costs_in_the_kernel_and_nothing_else(bool merges, bool throws)
    {
        var watch = Stopwatch.StartNew();
        var failures = new List<string>();
        int faults = 0, invalid = 0;
        var (first, count) = Seeds.Of(4);      // all combinations of prompt transfers and prompt flushes
        for (var seed = first; seed < first + count; seed++)
        {
            int ios;
            using (var world = Play(seed, int.MaxValue, merges, throws))
                ios = world.Log.Ios;
            for (var n = 1; n <= ios; n++)
            {
                using var world = Play(seed, n, merges, throws);
                faults += world.Log.Failed is null ? 0 : 1;
                invalid += world.Snapshots.Count(static view => view.InvalidSince != int.MaxValue);
                if (world.Complaints.Count > 0)
                    failures.Add($"Seed {seed}, I/O {n} ({world.Log.Failed}): {string.Join("\n  and ", world.Complaints.Take(3))}");
            }
        }
        output.WriteLine($"{faults} faults{(throws ? " by throwing" : "")}{(merges ? " with merges" : "")}, {invalid} snapshots became invalid,"
            + $" {failures.Count} violations, {watch.Elapsed.TotalSeconds:f1} s");
        Assert.True(failures.Count == 0, string.Join('\n', failures.Take(10)));
        Assert.True(faults > 100 && invalid > 0, $"{faults} faults");
    }

    private static World Play(int seed, int failsAt, bool merges, bool throws)
    {
        var world = new World(seed, World.Fresh(64), 1, failsAt, throws);
        var blame = new Blame(world);
        world.Log.WhenFailing = blame.Look;
        foreach (var (chunk, chunks) in new[] { (512, 120), (2048, 12) })
            world.Open(world.Log.NewDisk($"cow-{chunk}", new byte[chunk * chunks]), new SnapshotOptions { ChunkSize = chunk });
        new Workload { Requests = 22, Depth = 3, Pace = 6, Longest = 14 }.Play(world);
        if (merges && world.Snapshots.Find(static view => view is { IsUsable: true, Core.IsInvalid: false }) is { } merged)
        {
            world.Merge(merged);
            new Workload { Requests = 8, Depth = 3, Pace = 6, Longest = 14 }.Play(world);
            if (world.Merged is { IsComplete: false })
                world.Merge(merged);        // started again, it completes
            Workload.ReadAll(world);
            if (world.Complaints.Count == 0 && world.Merged is not { IsComplete: true })
                world.Complaints.Add($"never merged: {world.Merged}");
        }
        world.Complaints.AddRange(blame.Judge());
        return world;
    }
}
