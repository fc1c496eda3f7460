using Akka.Actor;

namespace Kcopyd.Actors.Snapshots;

/// <content>What the handles ask for.</content>
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
                _whenQuiet.Enqueue(() => Detach(snapshot, detached));
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
                Sender.Tell(new SnapshotProtocol.Statuses([.. _snapshots.Where(snapshot => name is null || snapshot.Name == name).Select(CurrentStatus)]), Self);
                break;
            case AskStatus(var snapshot, var answer):
                answer.TrySetResult(CurrentStatus(snapshot));
                break;
            case AskExceptions(var snapshot, var part, var chunks, var answer):
                snapshot.Table.AddPart(part, chunks);
                answer.TrySetResult();
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

    private static void Grow(SnapshotCore snapshot, IBlockDevice cow)
    {
        if (snapshot.IsClosed)
            throw new InvalidOperationException($"Snapshot '{snapshot.Name}' is closed.");
        snapshot.Cow = cow;
        HasGrown(snapshot);
    }

    private void BeginMerge(SnapshotCore snapshot, MergeJob merge)
    {
        var refusal = !_snapshots.Contains(snapshot) ? $"Snapshot '{snapshot.Name}' is closed."
            : _merge is not null ? $"A merge into origin '{_core.Name}' is under way; one at a time."
            : _merging is not null && _merging != snapshot ? $"Snapshot '{_merging.Name}' is being merged into origin '{_core.Name}'; finish that, or close it, first."
            : snapshot.Options.Store == StoreKind.Transient ? $"Snapshot '{snapshot.Name}' is transient: it cannot be merged, because a power cut in the middle would leave neither it nor the origin."
            : snapshot.StaysUnclean ? $"Snapshot '{snapshot.Name}' is unclean: whether it is whole cannot be told. Open it with UncleanStores.Accept if its device has not failed."
            : snapshot.IsInvalid ? $"Snapshot '{snapshot.Name}' is invalid ({snapshot.Reason}): there is nothing left to merge."
            : _core.Device.IsReadOnly ? $"Origin '{_core.Name}' is read-only; open it for writing."
            : null;
        if (refusal is not null)
        {
            merge.Refuse(new InvalidOperationException(refusal));
            return;
        }
        // From here on nothing can make it stale: a merge that is killed can be continued. And until that is complete, it is no store to delete.
        _isChanging = true;
        var label = snapshot.Store.Label ?? SnapshotStoreLabel.For(_core.Device, _core.Identity, isUnclean: false);
        Label(snapshot, snapshot.Cow.IsReadOnly ? snapshot.Store.Label : label with { IsUnclean = false, IsMerging = snapshot.Table.Count > 0 }, error =>
        {
            _isChanging = false;
            if (error == IoError.None)
                StartMerge(snapshot, merge);
            else
                merge.End(error, "its store's label could not be written", snapshot.Table.Count);
        });
    }

    private void Close()
    {
        if (_isClosing)
            return;
        _isClosing = true;
        if (_merge is not null)
            _whenQuiet.Enqueue(() => EndMerge(IoError.Cancelled, "the origin was closed"));
        foreach (var snapshot in _snapshots)
            _whenQuiet.Enqueue(() => Detach(snapshot, null));
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

internal sealed record AskExceptions(SnapshotCore Snapshot, int Part, List<long> Chunks, TaskCompletionSource Answer)
    : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record CloseOrigin : IOriginCommand, INoSerializationVerificationNeeded
{
    public static CloseOrigin Instance { get; } = new();
}
