using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Client;

/// <summary>A subscription made through a handle, which can end it.</summary>
internal sealed record BeginProgress(long JobId, TimeSpan Interval, object Subscriber, object Subscription) : INoSerializationVerificationNeeded;

/// <summary>Ends one subscription.</summary>
internal sealed record EndProgress(long JobId, object Subscription) : INoSerializationVerificationNeeded;

/// <summary>Asks for the status.</summary>
internal sealed record AskStatus(Completion<ClientStatus> Answer) : INoSerializationVerificationNeeded;

/// <summary>Asks for the progress of a job; null if it is done.</summary>
internal sealed record AskProgress(long JobId, Completion<JobProgress?> Answer) : INoSerializationVerificationNeeded;

/// <summary>Sent by the handle to close the client, including a shared one.</summary>
internal sealed class CloseClient : INoSerializationVerificationNeeded
{
    public static CloseClient Instance { get; } = new();
}
