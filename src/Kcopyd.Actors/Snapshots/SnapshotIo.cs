using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>An I/O that is part of a request to an origin or a snapshot.</summary>
internal sealed class SnapshotIo(RequestParts parts) : DeviceIo, IOriginChange, IRangeHolder<SnapshotIo>
{
    /// <summary>The request that it is part of.</summary>
    public OriginRequest? Request { get; set; }

    /// <summary>Its offset in the request, in bytes.</summary>
    public long RequestOffset { get; set; }

    /// <summary>Its first byte on the origin, whichever device the I/O goes to.</summary>
    public long Start { get; set; }

    public long End => Start + Length;

    /// <summary>The snapshot that received the request; null for the origin.</summary>
    public SnapshotCore? Snapshot { get; set; }

    /// <summary>The run whose data it writes; null if none.</summary>
    public PendingRun? Run { get; set; }

    /// <summary>The locks in which it holds its range while it is in flight.</summary>
    public RangeLocks<SnapshotIo>? Locks { get; set; }

    /// <summary>Changes that wait until it has ended.</summary>
    public List<IOriginChange>? Blocked { get; set; }

    public int Waits { get; set; }

    public IOriginGate? Gate { get; set; }

    public SnapshotIo? Before { get; set; }

    public SnapshotIo? After { get; set; }

    void IOriginChange.Begin() => parts.StartOnOrigin(this);

    /// <summary>Makes a change wait until this I/O has ended.</summary>
    public void Block(IOriginChange change)
    {
        change.Waits++;
        (Blocked ??= []).Add(change);
    }
}
