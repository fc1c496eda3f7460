using System.Diagnostics;
using System.Globalization;
using System.Text;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Peers.Reports;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>The time and memory that opening a store of many exceptions takes.</summary>
internal sealed record Opening(string What, string Place, long Exceptions, IReadOnlyList<double> Seconds, IReadOnlyList<double> BytesPerException)
{
    private const long Steady = 64 << 10;

    public static async Task<IReadOnlyList<Opening>> RunAllAsync(SnapshotArena arena, CancellationToken cancellationToken)
    {
        var all = new List<Opening>();
        foreach (var place in new[] { Snapshots.Place.Tmpfs(arena.Options), Snapshots.Place.Disk(arena.Options) })
        {
            foreach (var shuffled in new[] { false, true })
                all.Add(await RunAsync(arena, place, shuffled, cancellationToken));
        }
        return all;
    }

    public static string Table(IReadOnlyList<Opening> all)
    {
        var text = new StringBuilder("### Opening a store, and the memory of its exceptions\n\n")
            .Append("A persistent store, chunks of 4 KiB, opened with every record checked. Time: from the open device to the snapshot that answers; on the ")
            .Append("disk nothing is in the page cache. Memory: the size of the managed heap after a full collection, less its size before, for each ")
            .Append("exception. Medians.\n\n");
        var rows = new List<string[]> { new[] { "old chunks", "place", "exceptions", "open", "min", "max", "M exceptions/s", "B/exception", "" } };
        foreach (var one in all)
        {
            var median = Statistics.Median(one.Seconds);
            rows.Add([one.What, one.Place, one.Exceptions.ToString("N0", CultureInfo.InvariantCulture),
                MarkdownReport.Time(median), MarkdownReport.Time(one.Seconds.Min()), MarkdownReport.Time(one.Seconds.Max()),
                MarkdownReport.Figure(one.Exceptions / median / 1e6),
                Statistics.Median(one.BytesPerException).ToString("N1", CultureInfo.InvariantCulture), ""]);
        }
        text.AppendTable(rows, textColumns: 2);
        return text.Append('\n').ToString();
    }

    private static async Task<Opening> RunAsync(SnapshotArena arena, Place place, bool shuffled, CancellationToken cancellationToken)
    {
        var (options, exceptions) = (arena.Options, arena.Options.Exceptions);
        var what = shuffled ? "shuffled" : "ascending";
        // Room for the metadata areas, and for the file system's own metadata of them.
        using var folder = arena.Cleanup.Folder(place.Folder, $"opening-{what}-{place.Name}", (exceptions * StoreGeometry.RecordSize * 3) + (64 << 20));
        var (store, origin) = (Path.Combine(folder.Path, "cow"), Path.Combine(folder.Path, "origin"));
        StoreMaker.Make(store, exceptions, shuffled, cancellationToken);
        using (var file = File.OpenHandle(origin, FileMode.Create, FileAccess.Write))
            RandomAccess.SetLength(file, exceptions * SnapshotFiles.ChunkSize);
        var (seconds, bytes) = (new List<double>(), new List<double>());
        for (var round = -1; round < options.Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (place.IsDisk)
                PosixFile.DropCache(store);
            // On another stack, because continuations that run inline would keep objects of the previous round alive.
            var (took, heap) = await Task.Run(() => OpenAsync(arena, place, origin, store, exceptions), cancellationToken);
            if (round < 0)
                continue;
            seconds.Add(took);
            bytes.Add((double)heap / exceptions);
        }
        await Console.Error.WriteLineAsync($"opening: {what}, {place.Name}");
        return new Opening(what, place.Name, exceptions, seconds, bytes);
    }

    private static async Task<(double Seconds, long Heap)> OpenAsync(SnapshotArena arena, Place place, string origin, string store, long exceptions)
    {
        await using var snapshots = arena.System.Kcopyd().CreateSnapshotOrigin(BlockDevice.Open(origin, new() { Io = place.Io }));
        var cow = BlockDevice.Open(store, new() { Io = place.Io });
        var before = Heap();
        var clock = Stopwatch.StartNew();
        await using var snapshot = await snapshots.OpenSnapshotAsync(cow, new SnapshotOptions { Mode = StoreMode.Open, FillThreshold = 100 });
        var seconds = clock.Elapsed.TotalSeconds;
        var heap = Heap() - before;
        var status = await snapshot.GetStatusAsync();
        return status.Exceptions == exceptions ? (seconds, heap) : throw new PeersException($"{status.Exceptions} of {exceptions} exceptions were found");
    }

    // Collects until the size is stable: a method of the previous round may still be returning and hold its objects.
    private static long Heap()
    {
        for (long before = -1; ;)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var now = GC.GetTotalMemory(forceFullCollection: true);
            if (Math.Abs(now - before) < Steady)
                return now;
            before = now;
        }
    }
}
