using Akka;
using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Clones;

/// <summary>A command that the handle sends to a clone's actor.</summary>
internal interface ICloneCommand : INoSerializationVerificationNeeded;

internal sealed record AskCloneStatus(Completion<CloneStatus> Answer) : ICloneCommand;

/// <summary>Changes the background hydration; null leaves a setting as it is.</summary>
internal sealed record SetHydration(bool? IsEnabled, int? Threshold, int? BatchSize, Completion<Done> Done) : ICloneCommand;

/// <summary>The metadata is loaded.</summary>
internal sealed record OpenClone : ICloneCommand
{
    public static OpenClone Instance { get; } = new();
}

internal sealed record CloseClone : ICloneCommand
{
    public static CloseClone Instance { get; } = new();
}
