using Kcopyd.Actors.Snapshots;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>A load on new snapshots, with and without the whole-chunk shortcut.</summary>
internal sealed class ShortcutContest(SnapshotFiles files, Load load, Place place, double goal) : Contest(files)
{
    private readonly Dictionary<string, ShortcutCounts> _counts = [];

    public Load Load => load;

    public Place Place => place;

    /// <summary>The ratio that the kernel's change achieved.</summary>
    public double KernelRatio => goal;

    public static Entry Reads(Standings standings) => standings.Entries[0];

    public static Entry Skips(Standings standings) => standings.Entries[1];

    /// <summary>The I/O that reached the devices in the contender's last turn.</summary>
    public ShortcutCounts? CountsOf(Entry entry) => _counts.GetValueOrDefault(entry.Contender.Name);

    public static ShortcutContest Create(SnapshotArena arena, Load load, Place place, double goal, long originLength, CancellationToken cancellationToken)
    {
        var name = $"{load.Name}-{place.Name.Replace(", ", "-", StringComparison.Ordinal).Replace(' ', '-')}";
        var files = new SnapshotFiles(arena, name, place, originLength, load.Chunks * SnapshotFiles.ChunkSize, cancellationToken);
        var player = new LoadPlayer(load);
        ShortcutContest contest = null!;
        return contest = new ShortcutContest(files, load, place, goal)
        {
            Name = name,
            Title = $"{load.Title}, {place.Name}",
            Includes = load.Description,
            Amount = load.Bytes,
            Contenders = [With("reads the origin", shortcut: false), With("skips it", shortcut: true)],
        };

        Contender With(string who, bool shortcut) => new(who, ContenderKind.Library, async token =>
        {
            await using var open = await files.OpenAsync(arena, StoreKind.Persistent, shortcut);
            var (origin, cow) = (open.Origin.Counts, open.Cow.Counts);
            var effort = await Effort.OfAsync(() => player.PlayAsync(open.Snapshot, token));
            contest._counts[who] = new ShortcutCounts(open.Origin.Counts - origin, open.Cow.Counts - cow);
            await contest.RequireAsync(open.Snapshot, player);
            return effort;
        });
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) => files.Prepare();

    public override string? Check(bool whole, CancellationToken cancellationToken) => null;     // checked before the snapshot was closed

    private async Task RequireAsync(Snapshot snapshot, LoadPlayer player)
    {
        var status = await snapshot.GetStatusAsync();
        if (status.State != SnapshotState.Active || status.Exceptions != load.Chunks)
            throw new ContenderFailedException($"{status} with {status.Exceptions} exceptions; {load.Chunks} chunks were written");
        if (await player.CheckAsync(snapshot) is { } wrong)
            throw new ContenderFailedException(wrong);
    }
}

/// <summary>The I/O that reached the origin and the store.</summary>
internal sealed record ShortcutCounts(IoCounts Origin, IoCounts Cow);
