using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>A message as a report shows it.</summary>
internal sealed class MessageView(MessageRecord record)
{
    public MessageKind Kind => record.Kind;

    public MessageFate Fate => record.Fate;

    public Moment Sent => record.Sent;

    public Moment Processed => record.Processed;

    /// <summary>Null for a timer.</summary>
    public Participant? From { get; } = Origin(record);

    public Participant To { get; } = record.Receiver is { } receiver ? ActorNames.Of(receiver, record.To) : ActorNames.Of(record.To);

    public string Text { get; } = record.Kind == MessageKind.Wakes ? "continues" : MessageText.Of(record.Message);

    /// <summary>True if an answer is awaited by code that is not an actor's.</summary>
    public bool IsAsk { get; } = ActorNames.IsTemporary(record.Sender);

    /// <summary>True if its receiver can never process it: its process has ended.</summary>
    public bool IsLost { get; } = record.Fate == MessageFate.Waits && record.To is { IsAlive: false };

    /// <summary>How the story tells that it was sent.</summary>
    public string TellSent()
    {
        var from = From?.Name ?? "a timer";
        var to = To.From(From?.Node ?? To.Node);
        return Kind switch
        {
            MessageKind.Wakes => $"{from} lets {(To == Participant.Test ? "the test" : to)} continue",
            MessageKind.Unstashed => $"{from} unstashes {Text}",
            _ => $"{from} {(IsAsk ? "asks" : "sends")} {Text} {(IsAsk ? "of " : "to ")}{to}{Ending()}",
        };
    }

    /// <summary>How the story tells that it was processed.</summary>
    public string TellProcessed() =>
        $"{To.Name} {(Fate == MessageFate.DeadLetter ? "stopped before it processed" : "processes")} {Text} from {From?.From(To.Node) ?? "a timer"}";

    private string Ending() => this switch
    {
        { Kind: MessageKind.DeadLetter } => ": a dead letter",
        { IsLost: true } => ", which is killed before it processes it",
        { Fate: MessageFate.Waits } => ", where it waits at the end",
        _ => "",
    };

    private static Participant? Origin(in MessageRecord record)
    {
        if (record.Kind == MessageKind.ByTimer || (record.Kind == MessageKind.Wakes && record.Origin is null))
            return null;
        // The code that brings a message from another node is Akka.Remote's; the sender is on that node.
        if (record.Sender is { } sender && ActorNames.IsRemote(sender))
            return ActorNames.Of(sender, record.From);
        if (record.Origin is not { } origin)
            return ActorNames.Of(record.From);
        // A guardian passes on what was sent to an actor before it has started. If the message names no sender, the test is the likely one.
        if (origin.Path.Elements.Count < 2)
            return ActorNames.IsNobody(record.Sender) || ActorNames.IsTemporary(record.Sender) ? Participant.Test : ActorNames.Of(record.Sender!, record.From);
        return ActorNames.Of(origin, record.From);
    }
}

/// <summary>One line of a report: a message that was sent or that an actor takes from its mailbox, or a line of the story.</summary>
internal sealed record ReportEvent(Moment Moment, MessageView? Message, bool IsProcessing, StoryLine? Line)
{
    /// <summary>Everything that is recorded, in its order.</summary>
    public static List<ReportEvent> Of(Run run, bool withMessages)
    {
        var events = run.Story.Lines.Select(static line => new ReportEvent(line.Moment, null, false, line)).ToList();
        foreach (var record in withMessages ? run.Engine.Messages.Records : [])
        {
            var message = new MessageView(record);
            events.Add(new ReportEvent(message.Sent, message, false, null));
            if (message.Fate != MessageFate.Waits && message.Kind is not (MessageKind.Wakes or MessageKind.DeadLetter))
                events.Add(new ReportEvent(message.Processed, message, true, null));
        }
        events.Sort(static (one, other) => one.Moment.Order.CompareTo(other.Moment.Order));
        return events;
    }

    public override string ToString()
    {
        if (Message is not { } message)
            return Line!.ToString();
        var at = IsProcessing ? message.To : message.From ?? message.To;
        var who = at.Node.Length == 0 ? "world" : at.Node;
        return StoryLine.Format(Moment, who, IsProcessing ? message.TellProcessed() : message.TellSent());
    }
}
