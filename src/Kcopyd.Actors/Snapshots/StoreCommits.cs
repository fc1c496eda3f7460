using System.Globalization;
using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Commits the copied runs of a snapshot, one commit at a time. Used by the origin's actor only.</summary>
internal sealed class StoreCommits
{
    private readonly SnapshotCore _snapshot;
    private readonly PendingRuns _runs;
    private readonly DeviceSequence _metadata;
    private readonly SnapshotEndings _endings;
    private readonly StoreRoom _room;
    private readonly RequestParts _parts;
    private readonly Action<IoError> _ended;

    public StoreCommits(SnapshotCore snapshot, PendingRuns runs, DeviceSequence metadata, SnapshotEndings endings, StoreRoom room, RequestParts parts)
    {
        (_snapshot, _runs, _metadata, _endings, _room, _parts) = (snapshot, runs, metadata, endings, room, parts);
        _ended = Ended;
    }

    /// <summary>Handles the end of the copy of a run's data into the store.</summary>
    public void Copied(PendingRun run, IoError readError, IoError writeError)
    {
        if (run.IsOver)
            return;
        if (readError == IoError.None && writeError == IoError.None)
        {
            _runs.Copied(run);
            TryCommit();
        }
        else if (SnapshotEndings.IsOutOfSpace(writeError))
        {
            _endings.RunOutOfSpace(writeError);
        }
        else
        {
            var error = readError == IoError.None ? writeError : readError;
            _endings.Invalidate(SnapshotProblem.CopyFailed,
                string.Create(CultureInfo.InvariantCulture, $"chunk {run.Old} could not be copied into its store: {error.Describe()}"));
        }
    }

    private void TryCommit()
    {
        if (_snapshot.IsInvalid || _metadata.IsBusy || !_runs.MayCommit(_snapshot.Store.Room))
            return;
        _runs.Record(_snapshot.Store);
        if (_snapshot.Store.PlanCommit(_metadata))
            _metadata.Start(_snapshot.Cow, _ended);
        else
            Ended(IoError.None);
    }

    private void Ended(IoError error)
    {
        if (_snapshot.IsInvalid)
        {
            _endings.Record();
            return;
        }
        if (error != IoError.None)
        {
            Failed(error);
            return;
        }
        _snapshot.Store.Committed();
        _runs.Complete(_parts);
        _endings.CommitEnded();
        _room.ReportIfFilling();
        TryCommit();
    }

    private void Failed(IoError error)
    {
        if (!SnapshotEndings.IsOutOfSpace(error))
        {
            _endings.Invalidate(SnapshotProblem.MetadataFailed, $"the metadata of its store could not be written: {error.Describe()}");
            return;
        }
        _snapshot.Store.Uncommitted();
        _endings.RunOutOfSpace(error);
    }
}
