namespace Kcopyd.Actors.Snapshots;

/// <summary>Published on the actor system's event stream when a store first holds as much as its threshold says, and again at each per cent
/// that is added: a full store ends its snapshot. Remedies are <see cref="Snapshot.GrowAsync"/>, a merge, or to drop it.</summary>
/// <param name="Status">How the snapshot is.</param>
public sealed record SnapshotFilling(SnapshotStatus Status);

/// <summary>Published on the actor system's event stream when a snapshot becomes invalid, overflows, or a merge of it fails.</summary>
/// <param name="Status">How it is now; <see cref="SnapshotStatus.Reason"/> tells why.</param>
public sealed record SnapshotFailed(SnapshotStatus Status);
