using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// One copy job: a range of the origin is read once and goes into the stores of all snapshots that need some of it. It is the message by
/// which the copy client tells how that went.
/// </summary>
internal sealed class CopyOut(OriginCore origin) : LinkedMessage
{
    private readonly List<List<PendingRun>> _destinations = [];
    private long _from = long.MaxValue, _to;

    public bool ReadError { get; private set; }

    /// <summary>A bit for each destination.</summary>
    public ulong WriteErrors { get; private set; }

    public IReadOnlyList<List<PendingRun>> Destinations => _destinations;

    public bool IsEmpty => _destinations.Count == 0;

    /// <summary>Adds what one snapshot needs.</summary>
    public void Add(List<PendingRun> runs)
    {
        if (runs.Count == 0)
            return;
        _destinations.Add(runs);
        foreach (var run in runs)
        {
            var geometry = run.Snapshot.Geometry;
            _from = Math.Min(_from, geometry.OffsetOf(run.Old));
            _to = Math.Max(_to, Math.Min(geometry.OffsetOf(run.Old + run.Count), origin.Device.Length));
        }
    }

    /// <summary>Starts the job.</summary>
    public void Start(KcopydClient client)
    {
        var count = (_to - _from) >> IoRegion.SectorShift;
        var regions = new IoRegion[_destinations.Count];
        for (var i = 0; i < regions.Length; i++)
            regions[i] = Region(_destinations[i], count);
        client.Copy(origin.Device.Region(_from >> IoRegion.SectorShift, count), regions, Jobs.CopyFlags.None, Copied, this);
    }

    // One run that is the whole range goes straight to the store.
    private IoRegion Region(List<PendingRun> runs, long count)
    {
        var (first, geometry) = (runs[0], runs[0].Snapshot.Geometry);
        var isWhole = runs.Count == 1 && geometry.OffsetOf(first.Old) == _from
            && Math.Min(geometry.OffsetOf(first.Old + first.Count), origin.Device.Length) == _to;
        return isWhole
            ? first.Snapshot.Cow.Region(geometry.OffsetOf(first.New) >> IoRegion.SectorShift, count)
            : new ChunkScatter(first.Snapshot.Cow, geometry, runs, _from, _to - _from).Region(0, count);
    }

    // On the copy client: tells the origin's actor.
    private static void Copied(bool readError, ulong writeErrors, object? copy)
    {
        var copyOut = (CopyOut)copy!;
        (copyOut.ReadError, copyOut.WriteErrors) = (readError, writeErrors);
        copyOut._destinations[0][0].Snapshot.Origin.Actor.Tell(copyOut, ActorRefs.NoSender);
    }
}
