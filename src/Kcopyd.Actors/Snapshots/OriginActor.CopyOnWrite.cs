using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <content>Writes to the origin, and what must be in the stores before.</content>
internal sealed partial class OriginActor
{
    /// <summary>Starts an origin write, or what it has to wait for. Each time that that is over it is looked at again from the beginning:
    /// meanwhile a snapshot may have become invalid, or have got another pending run.</summary>
    private void WriteOrigin(SnapshotIo io)
    {
        io.Waits = 1;       // this look: it does not start before it has ended
        List<PendingRun>? runs = null;
        foreach (var snapshot in _snapshots)
        {
            if (snapshot == _merging)
                continue;
            if (snapshot.IsInvalid)
                WaitForInvalidation(snapshot, io);
            else
                Protect(snapshot, io, ref runs);
        }
        StartCopies(runs);
        Released(io, again: false);
    }

    /// <summary>One thing that it waited for is over.</summary>
    private void Released(SnapshotIo io, bool again = true)
    {
        if (--io.Waits > 0)
            return;
        if (again)
            WriteOrigin(io);
        else
            StartOnOrigin(io);
    }

    private void StartOnOrigin(SnapshotIo io)
    {
        // A snapshot's read that is on its way to the origin must find there what was there when it began.
        var conflict = _originReads.Touching(io.SourceOffset, io.Length)
            ?? (io.Operation == DeviceOperation.None ? _merging!.Writes.Touching(io.SourceOffset, io.Length) : null);
        if (conflict is not null)
        {
            io.Waits = 1;
            (conflict.Blocked ??= []).Add(io);
        }
        else if (io.Operation == DeviceOperation.None)
        {
            io.Owner.Ended(io);
        }
        else
        {
            Start(io, _core.Device, io.SourceOffset);
        }
    }

    private void Protect(SnapshotCore snapshot, SnapshotIo io, ref List<PendingRun>? runs)
    {
        var geometry = snapshot.Geometry;
        var last = geometry.ChunkOf(io.SourceOffset + io.Length - 1);
        List<PendingRun>? own = null;
        for (var chunk = geometry.ChunkOf(io.SourceOffset); chunk <= last; chunk++)
        {
            if (snapshot.Table.Find(chunk) >= 0)
                continue;
            if (snapshot.Pending.TryGetValue(chunk, out var pending))
            {
                if (own is null || own[^1] != pending)
                    Wait(io, pending);
                chunk = pending.Old + pending.Count - 1;
                continue;
            }
            if (TryAllocate(snapshot, out var free) is var allocation and not Allocation.Done)
            {
                if (allocation == Allocation.Later)
                {
                    io.Waits++;
                    snapshot.OriginWritesAfterGrowth.Add(io);
                    break;      // what was started here is copied and committed in the meantime
                }
                IsFull(snapshot, bySnapshotWrite: false);
                WaitForInvalidation(snapshot, io);
                return;     // what was started here ends with the snapshot
            }
            StartRun(snapshot, chunk, free, ref own);
        }
        if (own is null)
            return;
        foreach (var run in own)
            Wait(io, run);
        if (runs is null)
            runs = own;
        else
            runs.AddRange(own);
    }

    private static void Wait(SnapshotIo io, PendingRun run)
    {
        io.Waits++;
        (run.OriginWrites ??= []).Add(io);
    }

    private static void WaitForInvalidation(SnapshotCore snapshot, SnapshotIo io)
    {
        if (!snapshot.IsInvalidating)
            return;
        io.Waits++;
        snapshot.AfterInvalidation.Add(io);
    }

    private void StartCopies(List<PendingRun>? runs)
    {
        if (runs is null)
            return;
        foreach (var copy in CopyOut.Plan(_core, runs))
            Start(copy);
    }

    private void Start(CopyOut copy)
    {
        if (_copies++ < MostCopies)
            copy.Start(_client);
        else
            _waitingCopies.Enqueue(copy);
    }

    private void CopiedOut(CopyOut copy)
    {
        _copies--;
        if (_waitingCopies.TryDequeue(out var waiting))
            waiting.Start(_client);
        // What could not be read may be needed by one run only: then the others are none the worse for having been read with it.
        if (copy.ReadError != IoError.None && copy.IsShared)
        {
            foreach (var runs in copy.Destinations)
            {
                foreach (var run in runs)
                    StartCopies([run]);
            }
            return;
        }
        for (var i = 0; i < copy.Destinations.Count; i++)
        {
            foreach (var run in copy.Destinations[i])
                Copied(run, copy.ReadError, copy.WriteError(i));
        }
    }
}
