using Akka.Actor;

namespace Kcopyd.Actors.Client;

internal sealed record SubscribeProgressDelegate(long JobId, TimeSpan Interval, IProgress<JobProgress> Subscriber) : INoSerializationVerificationNeeded;

/// <summary>The handle closes the client, a shared one too.</summary>
internal sealed class CloseClient : INoSerializationVerificationNeeded
{
    public static CloseClient Instance { get; } = new();
}
