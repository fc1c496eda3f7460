using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>The table that this project started from: three writers, and what the whole-chunk shortcut saves for each.</summary>
internal static class ShortcutPart
{
    private const long MkfsOrigin = 1 << 30;
    private const double Buffered = 1.50, Direct = 1.59, Mkfs = 1.63;

    public static async Task<IReadOnlyList<Standings>> RunAsync(SnapshotArena arena, CancellationToken cancellationToken)
    {
        var options = arena.Options;
        var all = new List<Standings>();
        foreach (var place in new[] { Place.Tmpfs(options), Place.Disk(options), Place.StableDisk(options) })
        {
            foreach (var (load, goal) in Loads(options, place))
            {
                using var contest = ShortcutContest.Create(arena, load, place, goal, load.Name == "mkfs" ? MkfsOrigin : options.Size, cancellationToken);
                all.Add(await ContestRunner.RunAsync(contest, options.Rounds, Console.Error, cancellationToken));
            }
        }
        return all;
    }

    private static IEnumerable<(Load Load, double Goal)> Loads(SnapshotBenchOptions options, Place place)
    {
        // A single request at a time waits for the flushes of its own commit, so the loads on the disk are smaller there.
        var flushes = place is { IsDisk: true, FlushIsFree: false };
        yield return (Load.Sequential("buffered", "sequential, buffered",
            $"dd through the page cache, which writes back {PageCache.Request >> 10} KiB requests, {PageCache.Depth} in flight; a flush at the end",
            options.Size, PageCache.Request, PageCache.Depth), Buffered);
        yield return (Load.Sequential("direct-64k", "sequential, direct, 64 KiB",
            "dd bs=64k oflag=direct: one request at a time",
            options.Size / (flushes ? 4 : 1), 64 << 10, depth: 1), Direct);
        yield return (Load.Sequential("direct-4k", "sequential, direct, 4 KiB",
            "dd bs=4k oflag=direct: one chunk at a time, each with a commit of its own",
            options.Size / (flushes ? 32 : 8), 4 << 10, depth: 1), Direct);
        yield return (new Load("mkfs", "mkfs.ext2 of 1 GiB",
            "the recorded writes and flushes of mkfs.ext2, through the same page cache",
            PageCache.Depth, PageCache.Replay(Trace())), Mkfs);
    }

    private static string[] Trace()
    {
        using var stream = typeof(ShortcutPart).Assembly.GetManifestResourceStream("kcopyd.mkfs.ext2.trace")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n');
    }
}
