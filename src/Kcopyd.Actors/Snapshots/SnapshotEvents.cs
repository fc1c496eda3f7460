namespace Kcopyd.Actors.Snapshots;

/// <summary>Published on the actor system's event stream when a store first holds as much as its threshold says, and again at each per cent
/// that is added: a full store ends its snapshot. Remedies are <see cref="Snapshot.GrowAsync"/>, a merge, or to drop it.</summary>
/// <param name="Status">The snapshot's status.</param>
public sealed record SnapshotFilling(SnapshotStatus Status);

/// <summary>Published on the actor system's event stream when a snapshot becomes invalid, overflows, or a merge of it fails; when an invalid one could not be
/// recorded in its store (<see cref="SnapshotStatus.IsRecorded"/>); and when a store could not be closed.</summary>
/// <param name="Status">Its status now; <see cref="SnapshotStatus.Problem"/> and <see cref="SnapshotStatus.Reason"/> tell why.</param>
public sealed record SnapshotFailed(SnapshotStatus Status);
