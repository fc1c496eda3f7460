using System.Globalization;
using System.Runtime.InteropServices;
using Akka.Event;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <content>Pending runs: started, copied, committed in the order in which they were started; or lost with their snapshot.</content>
internal sealed partial class OriginActor
{
    /// <summary>Starts the exception of a chunk: in the last run of the list if it follows there, or in one of its own.</summary>
    private static PendingRun StartRun(SnapshotCore snapshot, long old, long @new, ref List<PendingRun>? runs)
    {
        // Only the run that was started last grows: records are in the order in which exceptions were started.
        if (runs is { Count: > 0 } && runs[^1] == snapshot.LastStarted && runs[^1].TryExtend(old, @new))
        {
            snapshot.Pending.Add(old, runs[^1]);
            return runs[^1];
        }
        var run = new PendingRun(snapshot, old, @new);
        (runs ??= []).Add(run);
        snapshot.Pending.Add(old, run);
        snapshot.Started.Enqueue(run);
        snapshot.LastStarted = run;
        snapshot.NotCopied++;
        return run;
    }

    private void Copied(PendingRun run, bool isFailed)
    {
        if (run.IsOver)
            return;
        if (isFailed)
        {
            Invalidate(run.Snapshot, string.Create(CultureInfo.InvariantCulture, $"chunk {run.Old} could not be copied into its store"));
            return;
        }
        run.IsCopied = true;
        run.Snapshot.NotCopied--;
        TryCommit(run.Snapshot);
    }

    /// <summary>
    /// Commits what is copied, once nothing that was started is still being copied, or an area is full: so what comes together is
    /// committed together, and who waits for a commit starts nothing meanwhile, so that it comes soon.
    /// </summary>
    private void TryCommit(SnapshotCore snapshot)
    {
        if (snapshot.IsInvalid || snapshot.Metadata.IsBusy || !snapshot.Started.TryPeek(out var oldest) || !oldest.IsCopied)
            return;
        if (snapshot.NotCopied > 0 && !FillsTheArea(snapshot))
            return;
        while (snapshot.Store.Room > 0 && snapshot.Started.TryPeek(out var run) && run.IsCopied)
        {
            for (; snapshot.Store.Room > 0 && run.Recorded < run.Count; run.Recorded++)
                snapshot.Store.Append(new ExceptionRecord(run.Old + run.Recorded, run.New + run.Recorded));
            if (run.Recorded < run.Count)
                break;
            snapshot.Started.Dequeue();
            snapshot.Committing.Add(run);
        }
        if (snapshot.Store.PlanCommit(snapshot.Metadata))
            snapshot.Metadata.Start(snapshot.Cow, snapshot.CommitEnded);
        else
            CommitEnded(snapshot, IoError.None);
    }

    private static bool FillsTheArea(SnapshotCore snapshot)
    {
        long ready = 0;
        foreach (var run in snapshot.Started)
        {
            if (!run.IsCopied)
                return false;
            ready += run.Count - run.Recorded;
            if (ready >= snapshot.Store.Room)
                return true;
        }
        return false;
    }

    private void CommitEnded(SnapshotCore snapshot, IoError error)
    {
        if (snapshot.IsInvalid)
        {
            MarkInvalid(snapshot);
            return;
        }
        if (error != IoError.None)
        {
            Invalidate(snapshot, $"its store's metadata could not be written: {error}");
            return;
        }
        snapshot.Store.Committed();
        for (var i = 0; i < snapshot.Committing.Count; i++)     // by number: what goes on may start runs, but does not commit them here
            Hold(snapshot.Committing[i]);
        snapshot.Committing.Clear();
        TellIfFilling(snapshot);
        TryCommit(snapshot);
    }

    /// <summary>The run's records are on the medium: from now on its chunks are in the store.</summary>
    private void Hold(PendingRun run)
    {
        var snapshot = run.Snapshot;
        for (var i = 0; i < run.Count; i++)
        {
            snapshot.Table.TryAdd(run.Old + i, run.New + i);
            snapshot.Pending.Remove(run.Old + i);
        }
        run.IsOver = true;
        if (run.Direct is { } request)
            EndPart(request);
        foreach (var write in CollectionsMarshal.AsSpan(run.SnapshotWrites))
            StartInStore(write, snapshot.Geometry.OffsetOf(run.New) + write.SourceOffset - snapshot.Geometry.OffsetOf(run.Old));
        foreach (var write in CollectionsMarshal.AsSpan(run.OriginWrites))
            Released(write);
    }

    private void Lose(PendingRun run)
    {
        if (run.IsOver)
            return;
        run.IsOver = true;
        if (run.Direct is { } request)
        {
            request.Fail(IoError.Io, run.DirectOffset);
            EndPart(request);
        }
        foreach (var write in CollectionsMarshal.AsSpan(run.SnapshotWrites))
            FailPart(write);
        foreach (var write in CollectionsMarshal.AsSpan(run.OriginWrites))
            Released(write);
    }

    // ---- the end of a snapshot -------------------------------------------------------------------------------------

    private void IsFull(SnapshotCore snapshot, bool bySnapshotWrite)
    {
        if (!bySnapshotWrite || snapshot.Options.Store != StoreKind.PersistentOverflow)
        {
            Invalidate(snapshot, "its store is full");
        }
        else if (!snapshot.HasOverflowed)
        {
            snapshot.HasOverflowed = true;
            snapshot.Reason = "a write found its store full";
            TellFailed(snapshot);
        }
    }

    /// <summary>The snapshot cannot show any more what it should. Its store is told so before anything happens that it does not show.</summary>
    private void Invalidate(SnapshotCore snapshot, string reason)
    {
        if (snapshot.IsInvalid)
            return;
        snapshot.IsInvalid = snapshot.IsInvalidating = true;
        snapshot.Reason = reason;
        TellFailed(snapshot);
        if (!snapshot.Metadata.IsBusy)      // otherwise when its commit has ended
            MarkInvalid(snapshot);
    }

    private void MarkInvalid(SnapshotCore snapshot)
    {
        if (snapshot.Store.PlanInvalidation(snapshot.Metadata))
            snapshot.Metadata.Start(snapshot.Cow, error => Invalidated(snapshot, error));
        else
            Invalidated(snapshot, IoError.None);
    }

    private void Invalidated(SnapshotCore snapshot, IoError error)
    {
        if (error != IoError.None)
            Log.Error("Snapshot '{0}' is invalid, and its store {1} cannot be told so ({2}): do not use it again.", snapshot.Name, snapshot.Cow.Name, error);
        snapshot.IsInvalidating = false;
        var (lost, waiting) = (snapshot.Committing.Concat(snapshot.Started).ToArray(), snapshot.AfterInvalidation.ToArray());
        snapshot.Committing.Clear();
        snapshot.Started.Clear();
        snapshot.Pending.Clear();
        snapshot.AfterInvalidation.Clear();
        foreach (var run in lost)
            Lose(run);
        foreach (var write in waiting)
            Released(write);
    }

    private void TellFailed(SnapshotCore snapshot)
    {
        Log.Warning("Snapshot '{0}': {1} ({2}).", snapshot.Name, snapshot.Reason, snapshot.Status());
        Context.System.EventStream.Publish(new SnapshotFailed(snapshot.Status()));
    }

    private void TellIfFilling(SnapshotCore snapshot)
    {
        var percent = 100.0 * (snapshot.Store.UsedSectors << IoRegion.SectorShift) / snapshot.Cow.Length;
        if (percent < snapshot.TellFillingFrom || snapshot.IsInvalid)
            return;
        snapshot.TellFillingFrom = (int)percent + 1;
        var status = snapshot.Status();
        Log.Warning("Snapshot '{0}': its store {1} is filling ({2}, {3:0} %). A full store ends the snapshot: grow it, merge it, or drop it.", snapshot.Name, snapshot.Cow.Name, status, percent);
        Context.System.EventStream.Publish(new SnapshotFilling(status));
    }
}
