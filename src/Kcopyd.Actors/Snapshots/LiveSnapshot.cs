using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The parts of a snapshot while it is attached. Used by the origin's actor only.</summary>
internal sealed class LiveSnapshot
{
    public LiveSnapshot(SnapshotCore snapshot, IIoWorkers workers, RequestParts parts, SnapshotNews news, Action<OriginRequest, long> continueWrite)
    {
        Metadata = new DeviceSequence(workers);
        Runs = new PendingRuns(snapshot);
        Room = new StoreRoom(snapshot, new DeviceSequence(workers), news, continueWrite);
        Endings = new SnapshotEndings(snapshot, Runs, Metadata, parts, news);
        Commits = new StoreCommits(snapshot, Runs, Metadata, Endings, Room, parts);
    }

    /// <summary>Commits, and all other changes of the store's metadata.</summary>
    public DeviceSequence Metadata { get; }

    public PendingRuns Runs { get; }

    public StoreRoom Room { get; }

    public SnapshotEndings Endings { get; }

    public StoreCommits Commits { get; }

    /// <summary>Writes to the store that are in flight; a merge waits for them.</summary>
    public RangeLocks<SnapshotIo> Writes { get; } = new();

    public bool IsQuiet => !Metadata.IsBusy && !Room.IsGrowing;
}
