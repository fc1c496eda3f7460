using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>An I/O that is part of a request to an origin or a snapshot.</summary>
internal sealed class SnapshotIo(RequestParts parts) : DeviceIo, IOriginChange, IRangeHolder<SnapshotIo>
{
    /// <summary>Whose part it is.</summary>
    public OriginRequest? Request { get; set; }

    /// <summary>Bytes from the request's start.</summary>
    public long RequestOffset { get; set; }

    /// <summary>Its first byte on the origin, wherever the I/O itself goes.</summary>
    public long Start { get; set; }

    public long End => Start + Length;

    /// <summary>Through which it came; null for the origin.</summary>
    public SnapshotCore? Snapshot { get; set; }

    /// <summary>Whose data it is; null if it is no run's.</summary>
    public PendingRun? Run { get; set; }

    /// <summary>Where it holds its range while it is on its way.</summary>
    public RangeLocks<SnapshotIo>? Locks { get; set; }

    /// <summary>Changes that wait for its end.</summary>
    public List<IOriginChange>? Blocked { get; set; }

    public int Waits { get; set; }

    public IOriginGate? Gate { get; set; }

    public SnapshotIo? Before { get; set; }

    public SnapshotIo? After { get; set; }

    void IOriginChange.Begin() => parts.StartOnOrigin(this);

    /// <summary>A change waits until this has ended.</summary>
    public void Block(IOriginChange change)
    {
        change.Waits++;
        (Blocked ??= []).Add(change);
    }
}
