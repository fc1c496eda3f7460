using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The end of a snapshot: it is full, or has lost something. Used by the origin's actor only.</summary>
internal sealed class SnapshotEndings
{
    private readonly SnapshotCore _snapshot;
    private readonly PendingRuns _runs;
    private readonly DeviceSequence _metadata;
    private readonly RequestParts _parts;
    private readonly SnapshotNews _news;
    private readonly List<IOriginChange> _afterRecord = [];
    private readonly Action<IoError> _recorded;
    private bool _isRecording;      // the store does not say yet that the snapshot is invalid: until then no origin write may begin that the snapshot would have needed
    private bool _dropsPending;     // it overflowed because a write had no space: what was started is dropped when the commit at work has ended

    public SnapshotEndings(SnapshotCore snapshot, PendingRuns runs, DeviceSequence metadata, RequestParts parts, SnapshotNews news)
    {
        (_snapshot, _runs, _metadata, _parts, _news) = (snapshot, runs, metadata, parts, news);
        _recorded = Recorded;
    }

    public static bool IsOutOfSpace(IoError error) => error is IoError.NoSpace or IoError.QuotaExceeded;

    /// <summary>A change of the origin waits until the store says that the snapshot is invalid, if it does not yet.</summary>
    public void AwaitRecord(IOriginChange change)
    {
        if (!_isRecording)
            return;
        change.Waits++;
        _afterRecord.Add(change);
    }

    /// <summary>A chunk found no room in the store.</summary>
    public void IsFull(bool bySnapshotWrite)
    {
        if (!bySnapshotWrite || _snapshot.Options.Store != StoreKind.PersistentOverflow)
            Invalidate(SnapshotProblem.StoreFull, "its store is full");
        else
            Overflow(SnapshotProblem.StoreFull, "a write found its store full");
    }

    /// <summary>The store has room, and what is beneath it has none: as good as a full store.</summary>
    public void RunOutOfSpace(IoError error)
    {
        if (_snapshot.IsInvalid)
            return;
        var reason = $"there is no space for its store, which is not full: {error.Describe()}";
        // An origin write does not wait for space, and without its chunk the snapshot would not show what it should.
        if (_snapshot.Options.Store != StoreKind.PersistentOverflow || _runs.AreNeededByOrigin)
        {
            Invalidate(SnapshotProblem.NoSpace, reason);
            return;
        }
        Overflow(SnapshotProblem.NoSpace, reason);
        _dropsPending = true;
        if (!_metadata.IsBusy)      // otherwise when its commit has ended: what that makes hold, holds
            CommitEnded();
    }

    /// <summary>A commit has ended, and what it made hold holds.</summary>
    public void CommitEnded()
    {
        if (!_dropsPending)
            return;
        _dropsPending = false;
        var aborted = _runs.TakeAborted();
        foreach (var run in aborted)
            _runs.KeepCommitted(run);
        foreach (var run in aborted)
            run.Abort(_parts);
    }

    /// <summary>The snapshot cannot show any more what it should. Its store is told so before anything happens that it does not show.</summary>
    public void Invalidate(SnapshotProblem problem, string reason)
    {
        if (_snapshot.IsInvalid)
            return;
        _isRecording = true;
        _snapshot.Become(SnapshotState.Invalid, problem, reason);
        _news.Failed(_snapshot);
        if (!_metadata.IsBusy)      // otherwise when its commit has ended
            Record();
    }

    /// <summary>Tells the store that the snapshot is invalid.</summary>
    public void Record()
    {
        if (_snapshot.Store.PlanInvalidation(_metadata))
            _metadata.Start(_snapshot.Cow, _recorded);
        else
            Recorded(IoError.None);
    }

    private void Recorded(IoError error)
    {
        if (error != IoError.None)
        {
            _snapshot.IsRecorded = false;
            _news.NotRecorded(_snapshot, error);
        }
        _isRecording = false;
        var aborted = _runs.TakeAborted();
        var waiting = _afterRecord.ToArray();
        _afterRecord.Clear();
        foreach (var run in aborted)
            run.Abort(_parts);
        foreach (var change in waiting)
            change.Release();
    }

    private void Overflow(SnapshotProblem problem, string reason)
    {
        if (_snapshot.State is SnapshotState.Overflow or SnapshotState.Invalid)
            return;
        _snapshot.Become(SnapshotState.Overflow, problem, reason);
        _news.Failed(_snapshot);
    }
}
