using Akka;
using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>A command that the handles send to an origin's actor.</summary>
internal interface IOriginCommand;

internal sealed record AttachSnapshot(SnapshotCore Snapshot, Completion<Done> Attached) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record DetachSnapshot(SnapshotCore Snapshot, Completion<Done> Detached) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record GrowStore(SnapshotCore Snapshot, IBlockDevice Cow, Completion<Done> Grown) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record MergeSnapshot(SnapshotCore Snapshot, MergeJob Merge) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record AskStatus(SnapshotCore Snapshot, Completion<SnapshotStatus> Answer) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record AskOriginStatus(Completion<OriginStatus> Answer) : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record AskExceptions(SnapshotCore Snapshot, int Part, List<long> Chunks, Completion<Done> Answer)
    : IOriginCommand, INoSerializationVerificationNeeded;

internal sealed record CloseOrigin : IOriginCommand, INoSerializationVerificationNeeded
{
    public static CloseOrigin Instance { get; } = new();
}
