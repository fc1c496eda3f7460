using System.Runtime.InteropServices;
using Akka.Event;

namespace Kcopyd.Actors.Snapshots;

/// <content>The end of a snapshot: it is full, or has lost something.</content>
internal sealed partial class OriginActor
{
    private static bool IsOutOfSpace(IoError error) => error is IoError.NoSpace or IoError.QuotaExceeded;

    private void IsFull(SnapshotCore snapshot, bool bySnapshotWrite)
    {
        if (!bySnapshotWrite || snapshot.Options.Store != StoreKind.PersistentOverflow)
            Invalidate(snapshot, SnapshotProblem.StoreFull, "its store is full");
        else
            Overflow(snapshot, SnapshotProblem.StoreFull, "a write found its store full");
    }

    /// <summary>The store has room, and what is beneath it has none: as good as a full store.</summary>
    private void RunOutOfSpace(SnapshotCore snapshot, IoError error)
    {
        var reason = $"there is no space for its store, which is not full: {error.Describe()}";
        if (snapshot.Options.Store != StoreKind.PersistentOverflow || IsNeededByOrigin(snapshot))
        {
            Invalidate(snapshot, SnapshotProblem.NoSpace, reason);
            return;
        }
        Overflow(snapshot, SnapshotProblem.NoSpace, reason);
        snapshot.HasNoSpace = true;
        if (!snapshot.Metadata.IsBusy)      // otherwise when its commit has ended: what that makes hold, holds
            DropPending(snapshot);
    }

    // An origin write does not wait for space, and without the chunk the snapshot would not show what it should.
    private static bool IsNeededByOrigin(SnapshotCore snapshot) => snapshot.Committing.Concat(snapshot.Started).Any(static run => run.OriginWrites is { Count: > 0 });

    private void Overflow(SnapshotCore snapshot, SnapshotProblem problem, string reason)
    {
        if (snapshot.HasOverflowed)
            return;
        snapshot.HasOverflowed = true;
        (snapshot.Problem, snapshot.Reason) = (problem, reason);
        TellFailed(snapshot);
    }

    private void CommitFailed(SnapshotCore snapshot, IoError error)
    {
        if (!IsOutOfSpace(error))
        {
            Invalidate(snapshot, SnapshotProblem.MetadataFailed, $"its store's metadata could not be written: {error.Describe()}");
            return;
        }
        snapshot.Store.Uncommitted();
        RunOutOfSpace(snapshot, error);
    }

    /// <summary>What was started and does not hold never will. The snapshot shows what it did before, and perhaps some of what was to be written.</summary>
    private void DropPending(SnapshotCore snapshot)
    {
        snapshot.HasNoSpace = false;
        PendingRun[] lost = [.. snapshot.Committing, .. snapshot.Started];
        foreach (var run in lost)
        {
            // A run may be in two commits, and the first of them holds.
            for (var i = 0; i < run.Committed; i++)
                snapshot.Table.TryAdd(run.Old + i, run.New + i);
        }
        Forget(snapshot);
        foreach (var run in lost)
            Lose(run);
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

    private static void Forget(SnapshotCore snapshot)
    {
        snapshot.Committing.Clear();
        snapshot.Started.Clear();
        snapshot.Pending.Clear();
        snapshot.LastStarted = null;
        snapshot.NotCopied = 0;
    }

    /// <summary>The snapshot cannot show any more what it should. Its store is told so before anything happens that it does not show.</summary>
    private void Invalidate(SnapshotCore snapshot, SnapshotProblem problem, string reason)
    {
        if (snapshot.IsInvalid)
            return;
        snapshot.IsInvalid = snapshot.IsInvalidating = true;
        (snapshot.Problem, snapshot.Reason) = (problem, reason);
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
        {
            snapshot.IsRecorded = false;
            Log.Error("Snapshot '{0}' is invalid, and its store {1} could not be told so ({2}): on its device it still looks valid. It is marked as unclean, and must not be accepted when it is opened again.",
                snapshot.Name, snapshot.Cow.Name, error.Describe());
            Publish(snapshot);
        }
        snapshot.IsInvalidating = false;
        PendingRun[] lost = [.. snapshot.Committing, .. snapshot.Started];
        var waiting = snapshot.AfterInvalidation.ToArray();
        Forget(snapshot);
        snapshot.AfterInvalidation.Clear();
        foreach (var run in lost)
            Lose(run);
        foreach (var write in waiting)
            Released(write);
    }

    // ---- what is said of it --------------------------------------------------------------------------------------

    private void TellFailed(SnapshotCore snapshot)
    {
        Log.Warning("Snapshot '{0}': {1} ({2}).", snapshot.Name, snapshot.Reason, snapshot.Status());
        Publish(snapshot);
    }

    private static void Publish(SnapshotCore snapshot) => Context.System.EventStream.Publish(new SnapshotFailed(snapshot.Status()));
}
