using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// One copy job: a range of the origin is read once and goes into the stores of all snapshots that need some of it. It is the message by
/// which the copy client tells how that went.
/// </summary>
internal sealed class CopyOut(OriginCore origin) : LinkedMessage
{
    private const int MostDestinations = 64;    // the bits of a job's result

    private readonly List<List<PendingRun>> _destinations = [];
    private long _from = long.MaxValue, _to;

    private CopyResult _result = null!;

    /// <summary>Why the origin could not be read.</summary>
    public IoError ReadError => _result.ReadError ? _result.ReadFault?.Error ?? IoError.Io : IoError.None;

    /// <summary>Why a destination did not get its chunks.</summary>
    public IoError WriteError(int destination) =>
        (_result.WriteErrors & (1UL << destination)) == 0 ? IoError.None : _result.Destinations[destination].Fault?.Error ?? IoError.Io;

    /// <summary>What each destination gets, in the order of the bits.</summary>
    public IReadOnlyList<List<PendingRun>> Destinations => _destinations;

    /// <summary>True if a read error may be of bytes that not all need.</summary>
    public bool IsShared => _destinations.Count > 1 || _destinations[0].Count > 1;

    /// <summary>The fewest jobs for some runs: those that touch each other on the origin are read together, and nothing between is read.</summary>
    public static IEnumerable<CopyOut> Plan(OriginCore origin, List<PendingRun> runs)
    {
        runs.Sort(static (one, two) => one.Start.CompareTo(two.Start));
        var copy = new CopyOut(origin);
        foreach (var run in runs)
        {
            if (copy._destinations.Count > 0 && run.Start > copy._to || !copy.TryAdd(run))
            {
                yield return copy;
                copy = new CopyOut(origin);
                copy.TryAdd(run);
            }
        }
        yield return copy;
    }

    /// <summary>Starts the job.</summary>
    public void Start(KcopydClient client)
    {
        var count = (_to - _from) >> IoRegion.SectorShift;
        var regions = new IoRegion[_destinations.Count];
        for (var i = 0; i < regions.Length; i++)
            regions[i] = Region(_destinations[i], count);
        client.Copy(origin.Device.Region(_from >> IoRegion.SectorShift, count), regions, CopyFlags.None, Copied, this);
    }

    private bool TryAdd(PendingRun run)
    {
        var destination = _destinations.Find(runs => runs[0].Snapshot == run.Snapshot);
        if (destination is null)
        {
            if (_destinations.Count == MostDestinations)
                return false;
            _destinations.Add(destination = []);
        }
        destination.Add(run);
        (_from, _to) = (Math.Min(_from, run.Start), Math.Max(_to, run.End));
        return true;
    }

    // One run that is the whole range goes straight to the store.
    private IoRegion Region(List<PendingRun> runs, long count)
    {
        var (first, snapshot) = (runs[0], runs[0].Snapshot);
        return runs.Count == 1 && first.Start == _from && first.End == _to
            ? snapshot.Cow.Region(snapshot.Geometry.OffsetOf(first.New) >> IoRegion.SectorShift, count)
            : new ChunkScatter(snapshot.Cow, snapshot.Geometry, runs, _from, _to - _from).Region(0, count);
    }

    // On the copy client: tells the origin's actor.
    private static void Copied(CopyResult result)
    {
        var copyOut = (CopyOut)result.Context!;
        copyOut._result = result;
        copyOut._destinations[0][0].Snapshot.Origin.Actor.Tell(copyOut, ActorRefs.NoSender);
    }
}
