using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <content>
/// Snapshots come and go, when nothing is on its way: a snapshot is of one moment for all requests.
/// <code>
///  opened ── the origin is flushed (Attach) ──▶ ── its store is marked (Label) ──▶ attached ──▶ ── the mark is removed (Detach) ──▶ closed
/// </code>
/// Invariant: a writer of the origin has a valid snapshot attached only while its store is marked as unclean on the medium, or while it is merged, when nothing can make it stale.
/// </content>
internal sealed partial class OriginActor
{
    private void Attach(SnapshotCore snapshot, TaskCompletionSource attached)
    {
        var refusal = _isClosing ? $"Origin '{_core.Name}' is closed."
            : _merging is not null ? $"Snapshot '{_merging.Name}' is being merged into origin '{_core.Name}'; open another one when that has ended."
            : _snapshots.Find(other => Overlap(other.Cow, snapshot.Cow)) is { } taken ? $"{snapshot.Cow.Name} is the store of the open snapshot '{taken.Name}'; each snapshot needs one of its own."
            : null;
        if (refusal is not null || snapshot.Refusal is not null)
        {
            attached.TrySetException(refusal is null ? snapshot.Refusal! : new InvalidOperationException(refusal));
            return;
        }
        snapshot.Metadata = new DeviceSequence(_workers);
        snapshot.Growing = new DeviceSequence(_workers);
        snapshot.CommitEnded = error => CommitEnded(snapshot, error);
        _isChanging = true;
        // What the origin has acknowledged is what the snapshot shows, also after a power cut. Of an origin that is only read, an old snapshot shows what it always did.
        if (snapshot.IsNew || !_core.Device.IsReadOnly)
            snapshot.Metadata.Flush().Start(_core.Device, error => Flushed(snapshot, attached, error));
        else
            Flushed(snapshot, attached, IoError.None);
    }

    private void Flushed(SnapshotCore snapshot, TaskCompletionSource attached, IoError error)
    {
        var hasNothingToFlush = _core.Device.IsReadOnly && error is IoError.ReadOnly or IoError.NotSupported or IoError.Invalid;
        if (error != IoError.None && !hasNothingToFlush)
        {
            Refuse(attached, new SnapshotStoreException(SnapshotStoreError.OriginNotFlushed, _core.Device.Name,
                $" cannot be flushed ({error.Describe()}): what a snapshot of it would show after a power cut is not known."));
            return;
        }
        Label(snapshot, snapshot.LabelWhenOpen, labelled =>
        {
            if (labelled == IoError.None)
                Attached(snapshot, attached);
            else
                Refuse(attached, new SnapshotStoreException(SnapshotStoreError.Io, snapshot.Cow.Name, $": its label cannot be written: {labelled.Describe()}."));
        });
    }

    private void Refuse(TaskCompletionSource attached, SnapshotStoreException refusal)
    {
        _isChanging = false;
        attached.TrySetException(refusal);
    }

    private void Attached(SnapshotCore snapshot, TaskCompletionSource attached)
    {
        _isChanging = false;
        _snapshots.Add(snapshot);
        if (snapshot.Options.ForMerge && !snapshot.IsInvalid)
        {
            _merging = snapshot;
            snapshot.IsMerging = true;
        }
        SnapshotGauges.Add(snapshot);
        TellIfFilling(snapshot);
        attached.TrySetResult();
    }

    // Nothing is started where the label is that already.
    private static void Label(SnapshotCore snapshot, SnapshotStoreLabel? label, Action<IoError> ended)
    {
        if (label == snapshot.Store.Label || !snapshot.Store.PlanLabel(snapshot.Metadata, label))
        {
            ended(IoError.None);
            return;
        }
        snapshot.Metadata.Start(snapshot.Cow, error =>
        {
            if (error == IoError.None)
                snapshot.Store.HeadWritten();
            ended(error);
        });
    }

    /// <summary>Removes the mark, unless it is to stay.</summary>
    private static void Unmark(SnapshotCore snapshot, Action<IoError> ended) =>
        Label(snapshot, snapshot.StaysUnclean || snapshot.Cow.IsReadOnly || snapshot.Store.Label is not { } label ? snapshot.Store.Label
            : label with { IsUnclean = false, IsMerging = label.IsMerging && snapshot.Table.Count > 0 }, ended);

    private void Detach(SnapshotCore snapshot, TaskCompletionSource? detached)
    {
        if (snapshot.IsClosed)
        {
            detached?.TrySetResult();
            return;
        }
        _isChanging = true;
        if (!snapshot.IsInvalid)
            Unmark(snapshot, error => Unmarked(snapshot, detached, error));
        else if (snapshot.IsRecorded || !snapshot.Store.PlanInvalidation(snapshot.Metadata))
            Detached(snapshot, detached);
        else
            snapshot.Metadata.Start(snapshot.Cow, error => RecordedAtLast(snapshot, detached, error));      // perhaps the device has come back
    }

    private void RecordedAtLast(SnapshotCore snapshot, TaskCompletionSource? detached, IoError error)
    {
        snapshot.IsRecorded = error == IoError.None;
        Detached(snapshot, detached);
    }

    private void Unmarked(SnapshotCore snapshot, TaskCompletionSource? detached, IoError error)
    {
        if (error != IoError.None)
        {
            (snapshot.Problem, snapshot.Reason) = (SnapshotProblem.NotClosed, $"its store could not be closed: {error.Describe()}");
            TellFailed(snapshot);
        }
        Detached(snapshot, detached);
    }

    private void Detached(SnapshotCore snapshot, TaskCompletionSource? detached)
    {
        _isChanging = false;
        snapshot.IsClosed = true;
        _snapshots.Remove(snapshot);
        SnapshotGauges.Remove(snapshot);
        if (snapshot == _merging)
        {
            EndMerge(IoError.Cancelled, "the snapshot was closed");
            (_merging, _runCount, _isRunUncertain) = (null, 0, false);
        }
        detached?.TrySetResult();
    }

    internal static bool Overlap(IBlockDevice one, IBlockDevice two)
    {
        var (here, there) = (one.Locate(0), two.Locate(0));
        return here.Storage is { } storage && storage.Equals(there.Storage) && here.Offset < there.Offset + two.Length && there.Offset < here.Offset + one.Length;
    }
}
