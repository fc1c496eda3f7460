using Akka;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Mirrors;

/// <summary>A command that the handle sends to a mirror's actor.</summary>
internal interface IMirrorCommand;

internal sealed record AskMirrorStatus(Completion<MirrorStatus> Answer) : IMirrorCommand, INoSerializationVerificationNeeded;

/// <summary>Answered when all legs in use are equal.</summary>
internal sealed record AwaitInSync(Completion<Done> Answer) : IMirrorCommand, INoSerializationVerificationNeeded;

internal sealed record PauseRecovery(bool IsPaused) : IMirrorCommand, INoSerializationVerificationNeeded;

internal sealed record RetryRecovery(Completion<Done> Answer) : IMirrorCommand, INoSerializationVerificationNeeded;

/// <summary>Puts a device in place of a leg, or behind the last one. Answered with the device that is no longer used; null if none was.</summary>
internal sealed record SetLeg(int Index, IBlockDevice Device, ulong Key, Completion<IBlockDevice?> Answer) : IMirrorCommand, INoSerializationVerificationNeeded;

/// <summary>Uses a failed leg again.</summary>
internal sealed record ReturnLeg(int Index, IBlockDevice? Device, ulong Key, Completion<IBlockDevice?> Answer)
    : IMirrorCommand, INoSerializationVerificationNeeded;

internal sealed record FailLeg(int Index, Completion<Done> Answer) : IMirrorCommand, INoSerializationVerificationNeeded;

internal sealed record RemoveLeg(int Index, Completion<IBlockDevice?> Answer) : IMirrorCommand, INoSerializationVerificationNeeded;

/// <summary>Holds a range for a scrub: <see cref="RegionCopy.Held"/> is answered.</summary>
internal sealed record HoldRange(RegionCopy Range) : IMirrorCommand, INoSerializationVerificationNeeded;

internal sealed record ReleaseRange(RegionCopy Range) : IMirrorCommand, INoSerializationVerificationNeeded;

internal sealed record CloseMirror : IMirrorCommand, INoSerializationVerificationNeeded
{
    public static CloseMirror Instance { get; } = new();
}

/// <summary>Time to look for idle regions.</summary>
internal sealed record LookForIdleRegions : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static LookForIdleRegions Instance { get; } = new();
}
