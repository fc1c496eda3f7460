using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The connection takes no more requests, answers those that have begun, and ends.</summary>
internal sealed class LeaveConnection : INoSerializationVerificationNeeded
{
    public static LeaveConnection Instance { get; } = new();
}

/// <summary>The connection ends now; what has begun on the device ends unanswered.</summary>
internal sealed class DropConnection : INoSerializationVerificationNeeded
{
    public static DropConnection Instance { get; } = new();
}

/// <summary>Client and server have agreed, or have not.</summary>
internal sealed record NegotiationEnded(Negotiated? Agreed, Exception? Wrong) : INoSerializationVerificationNeeded;

/// <summary>The client has had time enough to agree.</summary>
internal sealed class HandshakeTimedOut : INoSerializationVerificationNeeded
{
    public static HandshakeTimedOut Instance { get; } = new();
}

/// <summary>A read of the input is complete.</summary>
internal sealed class InputReady(IActorRef connection) : OwnTurn(connection);

/// <summary>A send is complete.</summary>
internal sealed class OutputSent : LinkedMessage;

/// <summary>Whatever was in the mailbox has been looked at: its answers can go out.</summary>
internal sealed class SendNow : LinkedMessage;

/// <summary>The thread has done what it had to do.</summary>
internal sealed class Soon(IActorRef connection) : OwnTurn(connection);

/// <summary>Others on the thread have had their turn.</summary>
internal sealed class Later(IActorRef connection) : OwnTurn(connection);

/// <summary>A message of the connection to itself, told when a thread of the engine comes to it.</summary>
internal abstract class OwnTurn(IActorRef connection) : LinkedMessage, IRunnable, IDeadLetterSuppression
{
    public void Run() => connection.Tell(this, ActorRefs.NoSender);

    public void Execute() => Run();
}
