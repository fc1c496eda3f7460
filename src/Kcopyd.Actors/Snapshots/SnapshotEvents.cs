namespace Kcopyd.Actors.Snapshots;

/// <summary>Published on the actor system's event stream when the use of a store reaches its threshold, and again at each further percent. A full store ends
/// its snapshot. Remedies: <see cref="Snapshot.GrowAsync"/>, merge the snapshot, or drop it.</summary>
/// <param name="Status">The snapshot's status.</param>
public sealed record SnapshotFilling(SnapshotStatus Status);

/// <summary>Published on the actor system's event stream when a snapshot becomes invalid or overflows, or its merge fails; when its invalidation could not be
/// recorded in its store (<see cref="SnapshotStatus.IsRecorded"/>); and when its store could not be closed.</summary>
/// <param name="Status">The current status; <see cref="SnapshotStatus.Problem"/> and <see cref="SnapshotStatus.Reason"/> give the cause.</param>
public sealed record SnapshotFailed(SnapshotStatus Status);
