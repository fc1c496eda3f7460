using Akka.Actor;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The server is to end: clients have so much time to take their answers, and devices to complete what is left, but no more than the settings
/// say.</summary>
internal sealed record StopServer(TimeSpan DrainTimeout, TimeSpan DeviceTimeout) : INoSerializationVerificationNeeded;

/// <summary>Asks for the current status; the answer shows that the actor is alive.</summary>
internal sealed record AskServerStatus(TaskCompletionSource<ServerStatus> Answer) : INoSerializationVerificationNeeded;

/// <summary>The status of a server.</summary>
internal sealed record ServerStatus(int Connections, int Waiting, int MaxConnections, bool IsStopping);

/// <summary>A client has connected.</summary>
internal sealed record Accepted(ITransportListener Listener, TransportConnection Connection) : INoSerializationVerificationNeeded;

/// <summary>No client can be accepted now.</summary>
internal sealed record AcceptFailed(ITransportListener Listener, Exception Wrong) : INoSerializationVerificationNeeded;

/// <summary>Time to try again.</summary>
internal sealed record AcceptAgain(ITransportListener Listener) : INoSerializationVerificationNeeded;

/// <summary>A connection's actor has stopped.</summary>
internal sealed record ConnectionEnded(IActorRef Connection) : INoSerializationVerificationNeeded;

/// <summary>Time is up for clients of a server that stops.</summary>
internal sealed record DrainTimedOut : INoSerializationVerificationNeeded;

/// <summary>Time is up for devices of a server that stops.</summary>
internal sealed record DeviceTimedOut : INoSerializationVerificationNeeded;
