namespace Kcopyd.Actors.Snapshots;

/// <summary>Admits changes of the origin after starting the copies that the stores need first. Used by the origin's actor only.</summary>
/// <remarks>Invariant: a change begins only when every valid snapshot has its chunks on the medium and no snapshot's read of them is in flight.</remarks>
internal sealed class OriginChangeGate(OriginSnapshots snapshots, RequestParts parts, CopyQueue copies) : IOriginGate
{
    public void Admit(IOriginChange change)
    {
        change.Gate = this;
        change.Waits = 1;       // one for this method: the change does not begin before it has ended
        List<PendingRun>? runs = null;
        foreach (var snapshot in snapshots.All)
        {
            if (snapshot == snapshots.Merging)
                continue;
            if (snapshot.IsInvalid)
                snapshot.Live.Endings.AwaitRecord(change);
            else
                Protect(snapshot, change, ref runs);
        }
        copies.Start(runs);
        if (--change.Waits > 0)
            return;
        // A snapshot's read of the origin that is in flight must return the data that was there when it began.
        if (parts.OriginReads.HolderOf(change.Start, change.End) is { } read)
            read.Block(change);
        else
            change.Begin();
    }

    private static void Protect(SnapshotCore snapshot, IOriginChange change, ref List<PendingRun>? runs)
    {
        var (geometry, live) = (snapshot.Geometry, snapshot.Live);
        var last = geometry.ChunkOf(change.End - 1);
        List<PendingRun>? own = null;
        for (var chunk = geometry.ChunkOf(change.Start); chunk <= last; chunk++)
        {
            if (snapshot.Table.Find(chunk) >= 0)
                continue;
            if (live.Runs.TryFind(chunk, out var pending))
            {
                if (own is null || own[^1] != pending)
                    pending.Block(change);
                chunk = pending.Old + pending.Count - 1;
                continue;
            }
            var allocation = live.Room.TryAllocate(out var free);
            if (allocation == StoreAllocation.Later)
            {
                live.Room.Await(change);
                break;      // runs started here are copied and committed in the meantime
            }
            if (allocation == StoreAllocation.Full)
            {
                live.Endings.IsFull(bySnapshotWrite: false);
                live.Endings.AwaitRecord(change);
                return;     // runs started here end with the snapshot
            }
            live.Runs.Start(chunk, free, ref own);
        }
        if (own is null)
            return;
        foreach (var run in own)
            run.Block(change);
        if (runs is null)
            runs = own;
        else
            runs.AddRange(own);
    }
}
