using System.Diagnostics;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.Tests.Snapshots.Model;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>
/// The power fails at every moment of a run; each sector that was not flushed may be on the medium, or not. What is left is read with the store's reader
/// alone.
/// </summary>
public sealed class Power_cut_should(ITestOutputHelper output)
{
    private readonly List<string> _failures = [];
    private int _points, _worlds, _reused;

    [Fact]
    public void cost_nothing_that_was_durable_and_show_nothing_that_was_never_there()
    {
        var watch = Stopwatch.StartNew();
        var (first, count) = Seeds.Of(30);
        for (var seed = first; seed < first + count; seed++)
            Play(seed, new Random(seed), samples: 8);
        Tell(watch, count);
    }

    [Fact]
    public void leave_a_store_that_can_be_used_again_and_again()
    {
        var watch = Stopwatch.StartNew();
        var (first, count) = Seeds.Of(20);
        for (var seed = first; seed < first + count; seed++)
        {
            var random = new Random(seed * 7919);
            var left = Play(seed, random, samples: 2, keep: true);
            for (var generation = 0; generation < 4 && left is not null; generation++)
                left = Reuse(seed, random, left);
        }
        Tell(watch, count);
        Assert.True(_reused > count, $"{_reused} reused");
    }

    private void Tell(Stopwatch watch, int count)
    {
        output.WriteLine($"{_points} crash points in {_worlds} runs of {count} seeds ({_reused} on what a power cut had left),"
            + $" {_failures.Count} violations, {watch.Elapsed.TotalSeconds:f1} s");
        Assert.True(_failures.Count == 0, string.Join('\n', _failures.Take(10)));
    }

    private Left? Play(int seed, Random random, int samples, bool keep = false)
    {
        using var world = new World(seed, World.Fresh(random.Next(16, 100)), firstWriter: 1, isRecorded: true);
        Workload.Take(world, random);
        if (random.Next(2) == 0)
            Workload.Take(world, random);
        return Run(seed, world, random, samples, keep);
    }

    private Left? Reuse(int seed, Random random, Left left)
    {
        _reused++;
        using var world = new World(seed, left.Origin, left.Writer, isRecorded: true);
        foreach (var (bytes, options) in left.Stores)
        {
            if (world.Open(world.Log.NewDisk(options.Name!, bytes), options) is null)
                _failures.Add($"Seed {seed}: a store cannot be opened after a power cut: {string.Join('\n', world.Story)}");
        }
        return Run(seed, world, random, samples: 2, keep: true);
    }

    private Left? Run(int seed, World world, Random random, int samples, bool keep)
    {
        _worlds++;
        world.Log.Faults = world.Log.Faults with { AtOnceRate = random.NextDouble() / 2 };
        var load = Workload.Draw(random) with
        {
            ComesAndGoes = false,
            Discards = false,
            Cancels = false,
            Requests = random.Next(5, 30),
            Longest = random.Next(1, 70),
        };
        load.Play(world);
        Left? left = null;
        var seen = 0;
        var cuts = new CutJudge(world)
        {
            Cut = cut =>
            {
                // One of all cuts, each equally likely.
                if (keep && random.Next(++seen) == 0)
                    left = Left.Of(world, cut);
            },
        };
        if (world.Complaints.Count == 0)
            cuts.Run(new PowerCutOptions { Samples = samples, Seed = seed });
        _points += cuts.Points;
        if (world.Complaints.Concat(cuts.Violations).Take(5).ToArray() is { Length: > 0 } complaints)
        {
            _failures.Add($"Seed {seed}: {string.Join("\n  and ", complaints)}{(Seeds.IsOne ? "\n" + string.Join('\n', world.Story) : "")}");
            return null;
        }
        return left;
    }

    /// <summary>What a power cut has left.</summary>
    private sealed record Left(byte[] Origin, (byte[] Bytes, SnapshotOptions Options)[] Stores, int Writer)
    {
        public static Left? Of(World world, PowerCut cut)
        {
            var views = world.Snapshots.FindAll(static view => view.Core!.Options.Store != StoreKind.Transient);
            if (views.Exists(view => view.Attachment > cut.Time) || views.Count == 0)
                return null;
            return new Left(
                Copy(world.Origin),
                [.. views.Select(view => (Copy(view), view.Core!.Options with { Name = view.Name, Unclean = UncleanStores.Accept }))],
                world.LastWriter);

            byte[] Copy(View view) => cut.Bytes(world.Log.Logged(view.Disk)).ToArray();
        }
    }
}
