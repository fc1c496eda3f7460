using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Invalidation and overflow of a snapshot, because its store is full or data was lost. Used by the origin's actor only.</summary>
internal sealed class SnapshotEndings
{
    private readonly SnapshotCore _snapshot;
    private readonly PendingRuns _runs;
    private readonly DeviceSequence _metadata;
    private readonly RequestParts _parts;
    private readonly SnapshotNews _news;
    private readonly List<IOriginChange> _afterRecord = [];
    private readonly Action<IoError> _recorded;
    private bool _isRecording;      // the invalidation is not on the medium yet; until then, origin writes that the snapshot would have needed must not begin
    private bool _dropsPending;     // it overflowed because a write had no space: pending runs are aborted when the current commit has ended

    public SnapshotEndings(SnapshotCore snapshot, PendingRuns runs, DeviceSequence metadata, RequestParts parts, SnapshotNews news)
    {
        (_snapshot, _runs, _metadata, _parts, _news) = (snapshot, runs, metadata, parts, news);
        _recorded = Recorded;
    }

    public static bool IsOutOfSpace(IoError error) => error is IoError.NoSpace or IoError.QuotaExceeded;

    /// <summary>Makes a change of the origin wait until the invalidation is recorded in the store, if that is under way.</summary>
    public void AwaitRecord(IOriginChange change)
    {
        if (!_isRecording)
            return;
        change.Waits++;
        _afterRecord.Add(change);
    }

    /// <summary>Handles a chunk that found no room in the store.</summary>
    public void IsFull(bool bySnapshotWrite)
    {
        if (!bySnapshotWrite || _snapshot.Options.Store != StoreKind.PersistentOverflow)
            Invalidate(SnapshotProblem.StoreFull, "its store is full");
        else
            Overflow(SnapshotProblem.StoreFull, "a write found its store full");
    }

    /// <summary>Handles a lack of space in the underlying storage, although the store has room, like a full store.</summary>
    public void RunOutOfSpace(IoError error)
    {
        if (_snapshot.IsInvalid)
            return;
        var reason = $"there is no space for its store, which is not full: {error.Describe()}";
        // Origin writes do not wait for space, and without the overwritten chunk the snapshot would show wrong data.
        if (_snapshot.Options.Store != StoreKind.PersistentOverflow || _runs.AreNeededByOrigin)
        {
            Invalidate(SnapshotProblem.NoSpace, reason);
            return;
        }
        Overflow(SnapshotProblem.NoSpace, reason);
        _dropsPending = true;
        if (!_metadata.IsBusy)      // otherwise after the current commit, whose exceptions are kept
            CommitEnded();
    }

    /// <summary>Handles the end of a successful commit: aborts the pending runs if the snapshot has overflowed for lack of space.</summary>
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

    /// <summary>Invalidates the snapshot, because its content is lost. This is recorded in the store before the origin changes any further.</summary>
    public void Invalidate(SnapshotProblem problem, string reason)
    {
        if (_snapshot.IsInvalid)
            return;
        _isRecording = true;
        _snapshot.Become(SnapshotState.Invalid, problem, reason);
        _news.Failed(_snapshot);
        if (!_metadata.IsBusy)      // otherwise after the current commit
            Record();
    }

    /// <summary>Records in the store that the snapshot is invalid.</summary>
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
