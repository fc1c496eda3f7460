using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// One copy job: reads a range of the origin once and writes it to the stores of all snapshots that need part of it. It is also the message that carries the
/// result from the copy client to the origin's actor.
/// </summary>
internal sealed class CopyOut(OriginCore origin) : LinkedMessage
{
    private const int MaxDestinations = 64;    // the bits of a job's result

    private readonly List<List<PendingRun>> _destinations = [];
    private long _from = long.MaxValue, _to;

    private CopyResult _result = null!;

    /// <summary>The error of the read from the origin.</summary>
    public IoError ReadError => _result.ReadError ? _result.ReadFault?.Error ?? IoError.Io : IoError.None;

    /// <summary>The error of the write to a destination.</summary>
    public IoError WriteError(int destination) =>
        (_result.WriteErrors & (1UL << destination)) == 0 ? IoError.None : _result.Destinations[destination].Fault?.Error ?? IoError.Io;

    /// <summary>The runs of each destination, in the order of the result's bits.</summary>
    public IReadOnlyList<List<PendingRun>> Destinations => _destinations;

    /// <summary>True if a read error may concern bytes that only some of the runs need.</summary>
    public bool IsShared => _destinations.Count > 1 || _destinations[0].Count > 1;

    /// <summary>Plans the minimum number of jobs: runs that are adjacent on the origin are read together, and gaps between runs are not read.</summary>
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
            if (_destinations.Count == MaxDestinations)
                return false;
            _destinations.Add(destination = []);
        }
        destination.Add(run);
        (_from, _to) = (Math.Min(_from, run.Start), Math.Max(_to, run.End));
        return true;
    }

    // A single run that covers the whole range is written directly to the store.
    private IoRegion Region(List<PendingRun> runs, long count)
    {
        var (first, snapshot) = (runs[0], runs[0].Snapshot);
        return runs.Count == 1 && first.Start == _from && first.End == _to
            ? snapshot.Cow.Region(snapshot.Geometry.OffsetOf(first.New) >> IoRegion.SectorShift, count)
            : new ChunkScatter(snapshot.Cow, snapshot.Geometry, runs, _from, _to - _from).Region(0, count);
    }

    // Runs on the copy client; notifies the origin's actor.
    private static void Copied(CopyResult result)
    {
        var copyOut = (CopyOut)result.Context!;
        copyOut._result = result;
        copyOut._destinations[0][0].Snapshot.Origin.Actor.Tell(copyOut, ActorRefs.NoSender);
    }
}
