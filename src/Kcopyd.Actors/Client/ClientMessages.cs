using Akka.Actor;

namespace Kcopyd.Actors.Client;

/// <summary>A handle's subscription, which it may end.</summary>
internal sealed record BeginProgress(long JobId, TimeSpan Interval, object Subscriber, object Subscription) : INoSerializationVerificationNeeded;

/// <summary>Ends one subscription.</summary>
internal sealed record EndProgress(long JobId, object Subscription) : INoSerializationVerificationNeeded;

/// <summary>The handle closes the client, a shared one too.</summary>
internal sealed class CloseClient : INoSerializationVerificationNeeded
{
    public static CloseClient Instance { get; } = new();
}
