namespace Kcopyd.Actors.Snapshots;

/// <summary>Lets changes of the origin begin, and before that starts what must be in the stores. Used by the origin's actor only.</summary>
/// <remarks>Invariant: a change begins only when every valid snapshot has its chunks, on the medium, and no read of theirs is on its way there.</remarks>
internal sealed class OriginChangeGate(OriginSnapshots snapshots, RequestParts parts, CopyQueue copies) : IOriginGate
{
    public void Admit(IOriginChange change)
    {
        change.Gate = this;
        change.Waits = 1;       // this look: it does not begin before that has ended
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
        // A snapshot's read that is on its way to the origin must find there what was there when it began.
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
                break;      // what was started here is copied and committed in the meantime
            }
            if (allocation == StoreAllocation.Full)
            {
                live.Endings.IsFull(bySnapshotWrite: false);
                live.Endings.AwaitRecord(change);
                return;     // what was started here ends with the snapshot
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
