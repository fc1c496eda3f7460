using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Clones;

/// <summary>The regions that are being hydrated or overwritten, and the parts of requests that wait for them. Used by the clone's actor only.</summary>
/// <remarks>Invariant: a region that is not hydrated has at most one change at a time, so that no copy of old data overtakes a write. Parts continue in the
/// order in which they came.</remarks>
internal sealed class RegionChanges
{
    private readonly RangeLocks<RegionChange> _held = new();
    private LinkedQueue<DeviceIo> _released;

    /// <summary>True while nothing is being hydrated and nothing waits.</summary>
    public bool IsIdle => _held.First is null && _released.IsEmpty;

    /// <summary>Regions that are being copied.</summary>
    public long Copying { get; private set; }

    /// <summary>A change of at least one of the regions; null if there is none.</summary>
    public RegionChange? HolderOf(long start, long end) => _held.HolderOf(start, end);

    public void Begin(RegionChange change) => _held.Add(change);

    public void BeginCopy(RegionChange change, KcopydClient client)
    {
        Begin(change);
        Copying += change.Count;
        change.Copy(client);
    }

    /// <summary>Ends a change. The parts that wait for a copy of their own fail with it; those that wait for another change are tried again.</summary>
    public void End(RegionChange change)
    {
        _held.Remove(change);
        if (change.Kind != ChangeKind.Overwrite)
            Copying -= change.Count;
        if (change.Kind == ChangeKind.CopyForWrite)
            change.FailWaiting();
        change.GiveWaitingTo(ref _released);
    }

    /// <summary>Takes the next part whose change has ended; null if there is none.</summary>
    public ClonePart? TakeReleased() => (ClonePart?)_released.Take();
}
