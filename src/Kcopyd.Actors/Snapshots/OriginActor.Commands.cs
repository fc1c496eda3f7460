using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Snapshots;

/// <content>Snapshots come and go, when nothing is on its way: a snapshot is of one moment for all requests.</content>
internal sealed partial class OriginActor
{
    private void OnCommand(IOriginCommand command)
    {
        switch (command)
        {
            case AttachSnapshot(var snapshot, var attached):
                _whenQuiet.Enqueue(() => Attach(snapshot, attached));
                break;
            case DetachSnapshot(var snapshot, var detached):
                WhenQuiet(detached, () => Detach(snapshot));
                break;
            case GrowStore(var snapshot, var cow, var grown):
                WhenQuiet(grown, () => Grow(snapshot, cow));
                break;
            case MergeSnapshot(var snapshot, var merge):
                _whenQuiet.Enqueue(() => BeginMerge(snapshot, merge));
                break;
            case CloseOrigin:
                Close();
                break;
            case SnapshotProtocol.GetStatus(var name):
                Sender.Tell(new SnapshotProtocol.Statuses([.. _snapshots.Where(snapshot => name is null || snapshot.Name == name).Select(static snapshot => snapshot.Status())]), Self);
                break;
            case AskStatus(var snapshot, var answer):
                answer.TrySetResult(snapshot.Status());
                break;
        }
    }

    private void WhenQuiet(TaskCompletionSource done, Action act) => _whenQuiet.Enqueue(() =>
    {
        try
        {
            act();
            done.TrySetResult();
        }
        catch (InvalidOperationException refusal)
        {
            done.TrySetException(refusal);
        }
    });

    private void Attach(SnapshotCore snapshot, TaskCompletionSource attached)
    {
        var refusal = _isClosing ? $"Origin '{_core.Name}' is closed."
            : _merging is not null ? $"Snapshot '{_merging.Name}' is being merged into origin '{_core.Name}'; take another one when that has ended."
            : _snapshots.Find(other => Overlap(other.Cow, snapshot.Cow)) is { } taken ? $"{snapshot.Cow.Name} is the store of the open snapshot '{taken.Name}'; each snapshot needs one of its own."
            : null;
        if (refusal is not null)
        {
            attached.TrySetException(new InvalidOperationException(refusal));
            return;
        }
        // What the origin has acknowledged is what the snapshot shows, also after a power cut.
        snapshot.Metadata = new DeviceSequence(_workers);
        snapshot.CommitEnded = error => CommitEnded(snapshot, error);
        _isAttaching = true;
        snapshot.Metadata.Flush().Start(_core.Device, error => Attached(snapshot, attached, _core.Device.IsReadOnly ? IoError.None : error));
    }

    private void Attached(SnapshotCore snapshot, TaskCompletionSource attached, IoError error)
    {
        _isAttaching = false;
        if (error != IoError.None)
        {
            attached.TrySetException(new InvalidOperationException($"{_core.Device.Name} cannot be flushed ({error}): what a snapshot of it would show after a power cut is not known."));
            return;
        }
        _snapshots.Add(snapshot);
        SnapshotGauges.Add(snapshot);
        TellIfFilling(snapshot);
        attached.TrySetResult();
    }

    internal static bool Overlap(IBlockDevice one, IBlockDevice two)
    {
        var (here, there) = (one.Locate(0), two.Locate(0));
        return here.Storage is { } storage && storage.Equals(there.Storage) && here.Offset < there.Offset + two.Length && there.Offset < here.Offset + one.Length;
    }

    private static void Grow(SnapshotCore snapshot, IBlockDevice cow)
    {
        if (snapshot.IsClosed)
            throw new InvalidOperationException($"Snapshot '{snapshot.Name}' is closed.");
        snapshot.Cow = cow;
        snapshot.HasOverflowed = false;
        snapshot.TellFillingFrom = snapshot.FillThreshold;
        if (!snapshot.IsInvalid)
            snapshot.Reason = null;
    }

    private void Detach(SnapshotCore snapshot)
    {
        snapshot.IsClosed = true;
        _snapshots.Remove(snapshot);
        SnapshotGauges.Remove(snapshot);
        if (snapshot != _merging)
            return;
        EndMerge(IoError.Cancelled, "the snapshot was closed");
        (_merging, _runCount, _isRunUncertain) = (null, 0, false);
    }

    private void BeginMerge(SnapshotCore snapshot, MergeJob merge)
    {
        var refusal = !_snapshots.Contains(snapshot) ? $"Snapshot '{snapshot.Name}' is closed."
            : _merge is not null ? $"A merge into origin '{_core.Name}' is under way; one at a time."
            : _merging is not null && _merging != snapshot ? $"Snapshot '{_merging.Name}' is being merged into origin '{_core.Name}'; finish that, or close it, first."
            : snapshot.Options.Store == StoreKind.Transient ? $"Snapshot '{snapshot.Name}' is transient: it cannot be merged, because a power cut in the midst of it would leave neither."
            : snapshot.IsInvalid ? $"Snapshot '{snapshot.Name}' is invalid ({snapshot.Reason}): there is nothing left to merge."
            : _core.Device.IsReadOnly ? $"Origin '{_core.Name}' is read-only; open it for writing."
            : null;
        if (refusal is null)
            StartMerge(snapshot, merge);
        else
            merge.Refuse(new InvalidOperationException(refusal));
    }

    private void Close()
    {
        if (_isClosing)
            return;
        _isClosing = true;
        if (_merge is not null)
            _whenQuiet.Enqueue(() => EndMerge(IoError.Cancelled, "the origin was closed"));
        _whenQuiet.Enqueue(() => _client.DestroyAsync());       // its end is ours
    }
}

/// <summary>What an origin's actor is told by the handles.</summary>
internal interface IOriginCommand;

internal sealed record AttachSnapshot(SnapshotCore Snapshot, TaskCompletionSource Attached) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record DetachSnapshot(SnapshotCore Snapshot, TaskCompletionSource Detached) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record GrowStore(SnapshotCore Snapshot, IBlockDevice Cow, TaskCompletionSource Grown) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record MergeSnapshot(SnapshotCore Snapshot, MergeJob Merge) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record AskStatus(SnapshotCore Snapshot, TaskCompletionSource<SnapshotStatus> Answer) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record CloseOrigin : IOriginCommand, INoSerializationVerificationNeeded
{
    public static CloseOrigin Instance { get; } = new();
}
