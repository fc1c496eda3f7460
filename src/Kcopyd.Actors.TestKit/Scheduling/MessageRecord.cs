using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>How a message came about.</summary>
internal enum MessageKind : byte
{
    Sent,
    ByTimer,
    Unstashed,

    /// <summary>No message: code that awaited something, such as an answer, can continue.</summary>
    Wakes,

    /// <summary>Sent to an actor that has stopped, or never was.</summary>
    DeadLetter,
}

/// <summary>What became of a message.</summary>
internal enum MessageFate : byte
{
    Waits,
    Processed,

    /// <summary>The actor stopped before it processed the message.</summary>
    DeadLetter,
}

/// <summary>A message as it is recorded: only references, so that recording is cheap. Names and texts are made when a report is written.</summary>
internal struct MessageRecord
{
    public MessageKind Kind { get; init; }

    public MessageFate Fate { get; set; }

    public Moment Sent { get; init; }

    public Moment Processed { get; set; }

    /// <summary>The process whose code sent it; null for the test.</summary>
    public Process? From { get; init; }

    /// <summary>The actor whose code sent it; null for other code.</summary>
    public IActorRef? Origin { get; init; }

    /// <summary>The sender that the message names. Not the origin if the message was forwarded, asked or sent on another node.</summary>
    public IActorRef? Sender { get; init; }

    /// <summary>The process that receives it; null for the test.</summary>
    public Process? To { get; init; }

    public IActorRef? Receiver { get; init; }

    public object? Message { get; init; }
}
