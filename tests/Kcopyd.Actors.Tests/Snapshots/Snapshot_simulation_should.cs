using System.Diagnostics;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.Tests.Snapshots.Model;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>
/// Origins and snapshots under thousands of interleavings, each identified by a seed. <c>KCOPYD_SEED=n</c> replays one and prints its story;
/// <c>KCOPYD_SEEDS=n</c> sets the number of seeds, and <c>KCOPYD_FIRST_SEED=n</c> the first one.
/// </summary>
public sealed class Snapshot_simulation_should(ITestOutputHelper output)
{
    [Fact]
    public void keep_every_promise_under_every_seed()
    {
        var (first, count) = Seeds.Of(500);
        var watch = Stopwatch.StartNew();
        var failures = new List<string>();
        int requests = 0, merges = 0, invalid = 0, snapshots = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            using var world = Play(seed);
            (requests, snapshots) = (requests + world.LastWriter, snapshots + world.Snapshots.Count);
            merges += world.Merged is { IsComplete: true, Merged: > 0 } ? 1 : 0;
            invalid += world.Snapshots.Count(static view => view.InvalidSince != int.MaxValue);
            if (world.Complaints.Count > 0)
                failures.Add($"Seed {seed}: {string.Join("\n  and ", world.Complaints.Take(5))}{(count == 1 ? "\n" + string.Join('\n', world.Story) : "")}");
        }
        output.WriteLine($"{count} seeds, {count / watch.Elapsed.TotalSeconds:f0} a second: {requests} requests,"
            + $" {snapshots} snapshots, of which {invalid} became invalid, {merges} merges");
        Assert.True(
            failures.Count == 0,
            $"{failures.Count} of {count} seeds failed; replay with KCOPYD_SEED=n.\n"
            + string.Join('\n', failures.Take(Seeds.Variable("KCOPYD_FAILURES") ?? 10)));
        Assert.True(count < 500 || (merges > 0 && invalid > 0), "the seeds do not cover everything");
    }

    [Fact]
    public void play_a_seed_the_same_way_twice()
    {
        var traces = new HashSet<ulong>();
        for (var seed = 1; seed <= 30; seed++)
        {
            using var first = Play(seed);
            using var second = Play(seed);
            Assert.Equal(first.Simulated.Hash, second.Simulated.Hash);
            Assert.Equal(first.Story, second.Story);
            traces.Add(first.Simulated.Hash);
        }
        Assert.Equal(30, traces.Count);
    }

    private static World Play(int seed)
    {
        var random = new Random(seed);
        var world = new World(seed, World.Fresh(random.Next(8, 200)), firstWriter: 1);
        world.Log.Faults = DiskFaults.None with
        {
            AtOnceRate = random.Next(3) == 0 ? 0 : random.NextDouble(),
            ShortRate = random.Next(3) == 0 ? random.NextDouble() / 3 : 0,
        };
        for (var i = random.Next(1, 4); i > 0; i--)
            Workload.Take(world, random);
        Workload.Draw(random).Play(world);
        return world;
    }
}
