using System.Globalization;
using System.Runtime.InteropServices;

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

    private void Copied(PendingRun run, IoError readError, IoError writeError)
    {
        if (run.IsOver)
            return;
        if (readError != IoError.None || writeError != IoError.None)
        {
            if (IsOutOfSpace(writeError))
                RunOutOfSpace(run.Snapshot, writeError);
            else
                Invalidate(run.Snapshot, SnapshotProblem.CopyFailed, string.Create(CultureInfo.InvariantCulture, $"chunk {run.Old} could not be copied into its store: {(readError == IoError.None ? writeError : readError).Describe()}"));
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
            CommitFailed(snapshot, error);
            return;
        }
        snapshot.Store.Committed();
        if (snapshot.Started.TryPeek(out var partial))
            partial.Committed = partial.Recorded;
        for (var i = 0; i < snapshot.Committing.Count; i++)     // by number: what goes on may start runs, but does not commit them here
            Hold(snapshot.Committing[i]);
        snapshot.Committing.Clear();
        if (snapshot.HasNoSpace)
            DropPending(snapshot);
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
}
