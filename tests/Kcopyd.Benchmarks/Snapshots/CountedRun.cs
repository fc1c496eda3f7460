using Kcopyd.Actors.Snapshots;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>Writes to a new snapshot whose I/O is counted, not timed.</summary>
internal sealed record CountedRun(string What, bool Shortcut, ShortcutCounts Counts)
{
    private const int Chunks = 64;

    public static async Task<IReadOnlyList<CountedRun>> RunAllAsync(SnapshotArena arena, CancellationToken cancellationToken)
    {
        const long bytes = Chunks * SnapshotFiles.ChunkSize;
        using var files = new SnapshotFiles(arena, "counted", Place.Tmpfs(arena.Options), 16 << 20, bytes, cancellationToken);
        Load[] loads =
        [
            Load.Sequential("single", $"{Chunks} whole-chunk writes, one at a time", "", bytes, SnapshotFiles.ChunkSize, 1),
            Load.Sequential("together", $"{Chunks} whole-chunk writes, all at once", "", bytes, SnapshotFiles.ChunkSize, Chunks),
            Load.Sequential("one", $"{Chunks} whole chunks in one write", "", bytes, (int)bytes, 1),
        ];
        var runs = new List<CountedRun>();
        foreach (var load in loads)
        {
            foreach (var shortcut in new[] { true, false })
            {
                var withoutFlush = load with { Phases = [load.Phases[0] with { Flush = false }] };
                runs.Add(new CountedRun(load.Title, shortcut, await CountAsync(arena, files, withoutFlush, shortcut, cancellationToken)));
            }
        }
        return runs;
    }

    private static async Task<ShortcutCounts> CountAsync(
        SnapshotArena arena, SnapshotFiles files, Load load, bool shortcut, CancellationToken cancellationToken)
    {
        files.Prepare();
        var player = new LoadPlayer(load);
        await using var open = await files.OpenAsync(arena, StoreKind.Persistent, shortcut);
        var (origin, cow) = (open.Origin.Counts, open.Cow.Counts);
        await player.PlayAsync(open.Snapshot, cancellationToken);
        var counts = new ShortcutCounts(open.Origin.Counts - origin, open.Cow.Counts - cow);
        return await player.CheckAsync(open.Snapshot) is { } wrong ? throw new PeersException(wrong) : counts;
    }
}
