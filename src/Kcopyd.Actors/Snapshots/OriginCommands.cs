using Akka.Actor;

namespace Kcopyd.Actors.Snapshots;

/// <summary>A command that the handles send to an origin's actor.</summary>
internal interface IOriginCommand;

internal sealed record AttachSnapshot(SnapshotCore Snapshot, TaskCompletionSource Attached) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record DetachSnapshot(SnapshotCore Snapshot, TaskCompletionSource Detached) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record GrowStore(SnapshotCore Snapshot, IBlockDevice Cow, TaskCompletionSource Grown) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record MergeSnapshot(SnapshotCore Snapshot, MergeJob Merge) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record AskStatus(SnapshotCore Snapshot, TaskCompletionSource<SnapshotStatus> Answer) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record AskOriginStatus(TaskCompletionSource<OriginStatus> Answer) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record AskExceptions(SnapshotCore Snapshot, int Part, List<long> Chunks, TaskCompletionSource Answer)
    : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record CloseOrigin : IOriginCommand, INoSerializationVerificationNeeded
{
    public static CloseOrigin Instance { get; } = new();
}
