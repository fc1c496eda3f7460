using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>An I/O that is part of a request to an origin or a snapshot, and what it waits for.</summary>
internal sealed class SnapshotIo : DeviceIo
{
    public BlockRequest? Request;           // whose part it is
    public long RequestOffset;              // bytes, from the request's start
    public long SourceOffset;               // bytes on the origin, wherever the I/O itself goes
    public SnapshotCore? Snapshot;          // through which it came; null for the origin
    public PendingRun? Run;                 // whose data it is
    public int Waits;                       // what must happen before it may start
    public List<SnapshotIo>? Blocked;       // I/Os that wait for the end of this one
    public IoList? List;                    // of what is in flight, and its neighbours there
    public SnapshotIo? Before, After;

    public bool Overlaps(long offset, long length) => SourceOffset < offset + length && offset < SourceOffset + Length;
}
