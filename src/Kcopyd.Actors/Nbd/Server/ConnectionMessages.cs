using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Tells the connection to take no more requests, answer those that have begun, and end.</summary>
internal sealed class LeaveConnection : INoSerializationVerificationNeeded
{
    public static LeaveConnection Instance { get; } = new();
}

/// <summary>Tells the connection to end now; I/Os on the device complete unanswered.</summary>
internal sealed class DropConnection : INoSerializationVerificationNeeded
{
    public static DropConnection Instance { get; } = new();
}

/// <summary>The negotiation has ended, with an agreement or an error.</summary>
internal sealed record NegotiationEnded(Negotiated? Agreed, Exception? Wrong) : INoSerializationVerificationNeeded;

/// <summary>The time for the negotiation is up.</summary>
internal sealed class HandshakeTimedOut : INoSerializationVerificationNeeded
{
    public static HandshakeTimedOut Instance { get; } = new();
}

/// <summary>A read of the input is complete.</summary>
internal sealed class InputReady(IActorRef connection) : OwnTurn(connection);

/// <summary>A send is complete.</summary>
internal sealed class OutputSent : LinkedMessage;

/// <summary>The messages queued before it are processed: their replies can be sent.</summary>
internal sealed class SendNow : LinkedMessage;

/// <summary>The thread has finished its pending work.</summary>
internal sealed class Soon(IActorRef connection) : OwnTurn(connection);

/// <summary>The other connections on the thread have had their turn.</summary>
internal sealed class Later(IActorRef connection) : OwnTurn(connection);

/// <summary>A message of the connection to itself, sent when an engine thread runs it.</summary>
internal abstract class OwnTurn(IActorRef connection) : LinkedMessage, IRunnable, IDeadLetterSuppression
{
    public void Run() => connection.Tell(this, ActorRefs.NoSender);

    public void Execute() => Run();
}
