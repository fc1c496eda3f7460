using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Stops the server, with timeouts for clients to read their replies and for devices to complete the rest, limited to those of the settings.</summary>
internal sealed record StopServer(TimeSpan DrainTimeout, TimeSpan DeviceTimeout) : INoSerializationVerificationNeeded;

/// <summary>Asks for the current status; the answer shows that the actor is alive.</summary>
internal sealed record AskServerStatus(Completion<NbdServerStatus> Answer) : INoSerializationVerificationNeeded;

/// <summary>A client has connected.</summary>
internal sealed record Accepted(ITransportListener Listener, TransportConnection Connection) : INoSerializationVerificationNeeded;

/// <summary>An accept has failed.</summary>
internal sealed record AcceptFailed(ITransportListener Listener, Exception Wrong) : INoSerializationVerificationNeeded;

/// <summary>The pause after a failed accept is over.</summary>
internal sealed record AcceptAgain(ITransportListener Listener) : INoSerializationVerificationNeeded;

/// <summary>A connection's actor has stopped.</summary>
internal sealed record ConnectionEnded(IActorRef Connection) : INoSerializationVerificationNeeded;

/// <summary>The time limit for the clients of a stopping server has expired.</summary>
internal sealed record DrainTimedOut : INoSerializationVerificationNeeded;

/// <summary>The time limit for the devices of a stopping server has expired.</summary>
internal sealed record DeviceTimedOut : INoSerializationVerificationNeeded;
