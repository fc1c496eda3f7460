using Akka.Event;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Reports on snapshots in the log and on the actor system's event stream.</summary>
internal sealed class SnapshotNews(EventStream events, ILoggingAdapter log)
{
    public void Failed(SnapshotCore snapshot)
    {
        log.Warning("Snapshot '{0}': {1} ({2}).", snapshot.Name, snapshot.Reason, snapshot.Status());
        Publish(snapshot);
    }

    public void NotRecorded(SnapshotCore snapshot, IoError error)
    {
        log.Error("Snapshot '{0}' is invalid, but this could not be recorded in its store {1} ({2}), which still looks valid on its device. "
            + "The store is marked as unclean; do not accept it when it is opened again.", snapshot.Name, snapshot.Cow.Name, error.Describe());
        Publish(snapshot);
    }

    public void Grown(SnapshotCore snapshot, IoError error)
    {
        if (error == IoError.None)
            log.Info("Snapshot '{0}': its store {1} has grown to {2} bytes.", snapshot.Name, snapshot.Cow.Name, snapshot.Cow.Length);
        else
            log.Warning("Snapshot '{0}': its store {1} of {2} bytes cannot grow: {3}.",
                snapshot.Name, snapshot.Cow.Name, snapshot.Cow.Length, error.Describe());
    }

    public void Filling(SnapshotCore snapshot, double percent)
    {
        var status = snapshot.Status();
        log.Warning("Snapshot '{0}': its store {1} is filling ({2}, {3:0} %). A full store ends the snapshot: grow the store, or merge or drop the snapshot.",
            snapshot.Name, snapshot.Cow.Name, status, percent);
        events.Publish(new SnapshotFilling(status));
    }

    private void Publish(SnapshotCore snapshot) => events.Publish(new SnapshotFailed(snapshot.Status()));
}
