using Akka;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Attaches and detaches snapshots when nothing is in flight, so that a snapshot shows one moment to all requests. Used by the origin's actor
/// only.</summary>
/// <remarks><code>
///  opened ── origin flushed (Attach) ── store marked as unclean (Flushed) ──▶ attached (Attached) ── mark removed (Detach) ──▶ closed (Detached)
/// </code>
/// Invariant: a valid snapshot of a writable origin is attached only while its store is marked as unclean on the medium, or while it is merged, when nothing
/// can make it stale.
/// </remarks>
internal sealed class SnapshotAttachments(OriginCore origin, OriginSnapshots snapshots, QuietWork changes, MergeRun merge, SnapshotNews news)
{
    public void Attach(SnapshotCore snapshot, LiveSnapshot live, Completion<Done> attached, bool isClosing)
    {
        var refusal = isClosing ? $"Origin '{origin.Name}' is closed."
            : snapshots.Merging is { } merging ? $"Snapshot '{merging.Name}' is being merged into origin '{origin.Name}'; open another one after the merge."
            : snapshots.All.Find(other => StorageLocation.Overlap(other.Cow, snapshot.Cow)) is { } taken
                ? $"{snapshot.Cow.Name} is the store of the open snapshot '{taken.Name}'; each snapshot needs its own store."
            : null;
        if (refusal is not null || snapshot.Refusal is not null)
        {
            attached.SetException(refusal is null ? snapshot.Refusal! : new InvalidOperationException(refusal));
            return;
        }
        snapshot.Live = live;
        changes.Begin();
        // The snapshot shows what the origin has acknowledged, also after a power cut. For a read-only origin this holds without a flush, unless the snapshot
        // is new.
        if (snapshot.IsNew || !origin.Device.IsReadOnly)
            live.Metadata.Flush().Start(origin.Device, error => Flushed(snapshot, attached, error));
        else
            Flushed(snapshot, attached, IoError.None);
    }

    public void Detach(SnapshotCore snapshot, Completion<Done>? detached)
    {
        if (snapshot.IsClosed)
        {
            detached?.SetResult(Done.Instance);
            return;
        }
        changes.Begin();
        if (!snapshot.IsInvalid)
            Unmark(snapshot, error => Unmarked(snapshot, detached, error));
        else if (snapshot.IsRecorded || !snapshot.Store.PlanInvalidation(snapshot.Live.Metadata))
            Detached(snapshot, detached);
        else
            snapshot.Live.Metadata.Start(snapshot.Cow, error => InvalidationEnded(snapshot, detached, error));      // the device may be available again
    }

    /// <summary>Replaces the device of a snapshot's store by a larger one.</summary>
    /// <exception cref="InvalidOperationException">The snapshot is closed.</exception>
    public static void Grow(SnapshotCore snapshot, IBlockDevice cow)
    {
        if (snapshot.IsClosed)
            throw new InvalidOperationException($"Snapshot '{snapshot.Name}' is closed.");
        snapshot.Cow = cow;
        snapshot.Live.Room.HasGrown();
    }

    public void BeginMerge(SnapshotCore snapshot, MergeJob job)
    {
        var refusal = !snapshots.All.Contains(snapshot) ? $"Snapshot '{snapshot.Name}' is closed."
            : merge.HasBegun ? $"A merge into origin '{origin.Name}' is already under way."
            : snapshots.Merging is { } merging && merging != snapshot
                ? $"Snapshot '{merging.Name}' is being merged into origin '{origin.Name}'; complete that merge, or close that snapshot, first."
            : snapshot.Options.Store == StoreKind.Transient
                ? $"Snapshot '{snapshot.Name}' is transient: it cannot be merged, because a power cut during the merge would destroy both it and the origin."
            : snapshot.StaysUnclean
                ? $"Snapshot '{snapshot.Name}' is unclean: it is unknown whether it is whole. Open it with UncleanStores.Accept if its device has not failed."
            : snapshot.IsInvalid ? $"Snapshot '{snapshot.Name}' is invalid ({snapshot.Reason}): there is nothing left to merge."
            : origin.Device.IsReadOnly ? $"Origin '{origin.Name}' is read-only; open it for writing."
            : null;
        if (refusal is not null)
        {
            job.Refuse(new InvalidOperationException(refusal));
            return;
        }
        // From here on nothing can make the store stale: an interrupted merge can be continued. Until it is complete, the store must not be deleted.
        changes.Begin();
        var label = snapshot.Store.Label ?? SnapshotStoreLabel.For(origin.Device, origin.Identity, isUnclean: false);
        Label(snapshot, snapshot.Cow.IsReadOnly ? snapshot.Store.Label : label with { IsUnclean = false, IsMerging = snapshot.Table.Count > 0 }, error =>
        {
            changes.End();
            if (error == IoError.None)
                merge.StartMerge(snapshot, job);
            else
                job.End(error, "the label of its store could not be written", snapshot.Table.Count);
        });
    }

    private void Flushed(SnapshotCore snapshot, Completion<Done> attached, IoError error)
    {
        var hasNothingToFlush = origin.Device.IsReadOnly && error is IoError.ReadOnly or IoError.NotSupported or IoError.Invalid;
        if (error != IoError.None && !hasNothingToFlush)
        {
            Refuse(attached, new SnapshotStoreException(SnapshotStoreError.OriginNotFlushed, origin.Device.Name,
                $" cannot be flushed ({error.Describe()}): what a snapshot of it would show after a power cut is not known.") { Error = error });
            return;
        }
        Label(snapshot, snapshot.LabelWhenOpen, labelled =>
        {
            if (labelled == IoError.None)
                Attached(snapshot, attached);
            else
                Refuse(attached, new SnapshotStoreException(
                    SnapshotStoreError.WriteFailed, snapshot.Cow.Name, $": its label cannot be written: {labelled.Describe()}.")
                {
                    Error = labelled, Offset = 0,
                });
        });
    }

    private void Refuse(Completion<Done> attached, SnapshotStoreException refusal)
    {
        changes.End();
        attached.SetException(refusal);
    }

    private void Attached(SnapshotCore snapshot, Completion<Done> attached)
    {
        changes.End();
        snapshots.All.Add(snapshot);
        if (snapshot.Options.ForMerge && !snapshot.IsInvalid)
        {
            snapshots.Merging = snapshot;
            snapshot.Become(SnapshotState.Merging);
        }
        SnapshotGauges.Add(snapshot);
        snapshot.Live.Room.ReportIfFilling();
        attached.SetResult(Done.Instance);
    }

    // Writes nothing if the store already has this label.
    private static void Label(SnapshotCore snapshot, SnapshotStoreLabel? label, Action<IoError> ended)
    {
        var metadata = snapshot.Live.Metadata;
        if (label == snapshot.Store.Label || !snapshot.Store.PlanLabel(metadata, label))
        {
            ended(IoError.None);
            return;
        }
        metadata.Start(snapshot.Cow, error =>
        {
            if (error == IoError.None)
                snapshot.Store.HeadWritten();
            ended(error);
        });
    }

    /// <summary>Removes the unclean mark, unless it must stay.</summary>
    private static void Unmark(SnapshotCore snapshot, Action<IoError> ended) =>
        Label(snapshot, snapshot.StaysUnclean || snapshot.Cow.IsReadOnly || snapshot.Store.Label is not { } label ? snapshot.Store.Label
            : label with { IsUnclean = false, IsMerging = label.IsMerging && snapshot.Table.Count > 0 }, ended);

    private void InvalidationEnded(SnapshotCore snapshot, Completion<Done>? detached, IoError error)
    {
        snapshot.IsRecorded = error == IoError.None;
        Detached(snapshot, detached);
    }

    private void Unmarked(SnapshotCore snapshot, Completion<Done>? detached, IoError error)
    {
        if (error != IoError.None)
        {
            snapshot.Note(SnapshotProblem.NotClosed, $"its store could not be closed: {error.Describe()}");
            news.Failed(snapshot);
        }
        Detached(snapshot, detached);
    }

    private void Detached(SnapshotCore snapshot, Completion<Done>? detached)
    {
        changes.End();
        snapshot.IsClosed = true;
        snapshots.All.Remove(snapshot);
        SnapshotGauges.Remove(snapshot);
        if (snapshot == snapshots.Merging)
            merge.Leave();
        detached?.SetResult(Done.Instance);
    }
}
