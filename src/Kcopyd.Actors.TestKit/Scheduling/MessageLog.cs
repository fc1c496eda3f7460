using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Actor.Internal;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>The last messages of a run: who sent what to whom, and when it was processed.</summary>
/// <remarks>Recording adds nothing that can happen and draws no random number, so it does not change the history.</remarks>
internal sealed class MessageLog(Engine engine, int capacity)
{
    /// <summary>The number of a message that is not recorded.</summary>
    public const long None = -1;

    private readonly List<MessageRecord> _records = [];     // number n is at n % capacity
    private long _count;
    private long _order;
    private long _timerStep = -1;

    public bool IsOn => capacity > 0;

    /// <summary>True while the mailbox of an actor that has stopped gives its messages to the dead letters.</summary>
    public bool IsCleaningUp { get; set; }

    /// <summary>How many messages are no longer recorded because newer ones took their places.</summary>
    public long Dropped => Math.Max(0, _count - capacity);

    /// <summary>The messages, in the order in which they were sent.</summary>
    public IEnumerable<MessageRecord> Records
    {
        get
        {
            for (var number = Dropped; number < _count; number++)
                yield return _records[(int)(number % capacity)];
        }
    }

    /// <summary>This moment. Each has another order.</summary>
    public Moment Now() => new(engine.Now, engine.Steps, _order++);

    /// <summary>The step that runs is a timer of an actor system: what it sends, the timer sends.</summary>
    public void TimerFires() => _timerStep = engine.Steps;

    /// <summary>Records that a message has reached a mailbox.</summary>
    /// <returns>The number of the message; <see cref="None"/> if it is not recorded.</returns>
    public long Sent(RecordedQueue queue, IActorRef receiver, in Envelope envelope)
    {
        if (!engine.IsInside)
            return None;
        var origin = InternalCurrentActorCellKeeper.Current;
        // What the actors of Akka.NET tell each other, such as the heartbeats of a cluster, would push everything else out.
        if (queue.IsInternal && IsInternal(origin))
            return None;
        return Add(new MessageRecord
        {
            Kind = _timerStep == engine.Steps ? MessageKind.ByTimer : MessageKind.Sent,
            Sent = Now(),
            From = engine.Running,
            Origin = origin?.Self,
            Sender = envelope.Sender,
            To = queue.Process,
            Receiver = receiver,
            Message = envelope.Message,
        });
    }

    /// <summary>Records that an actor has taken a message from its stash.</summary>
    public long Unstashed(RecordedQueue queue, in Envelope envelope) => !engine.IsInside || queue.IsInternal ? None : Add(new MessageRecord
    {
        Kind = MessageKind.Unstashed,
        Sent = Now(),
        From = queue.Process,
        Origin = queue.Owner,
        Sender = envelope.Sender,
        To = queue.Process,
        Receiver = queue.Owner,
        Message = envelope.Message,
    });

    /// <summary>Records that an actor or a timer lets code continue that awaited it.</summary>
    public void Wakes(Process? process)
    {
        if (!IsOn || !engine.IsInside)
            return;
        var origin = InternalCurrentActorCellKeeper.Current;
        var isTimer = _timerStep == engine.Steps;
        if (!isTimer && IsInternal(origin))
            return;
        Add(new MessageRecord
        {
            Kind = MessageKind.Wakes,
            Fate = MessageFate.Processed,
            Sent = Now(),
            From = engine.Running,
            Origin = isTimer ? null : origin?.Self,
            To = process,
        });
    }

    /// <summary>Records that a message was sent to an actor that has stopped, or never was.</summary>
    public void DeadLetter(Process process, IActorRef? sender, IActorRef receiver, object message)
    {
        if (!IsOn || !engine.IsInside)
            return;
        Add(new MessageRecord
        {
            Kind = MessageKind.DeadLetter,
            Fate = MessageFate.DeadLetter,
            Sent = Now(),
            From = engine.Running,
            Origin = InternalCurrentActorCellKeeper.Current?.Self,
            Sender = sender,
            To = process,
            Receiver = receiver,
            Message = message,
        });
    }

    /// <summary>Records what became of a message.</summary>
    public void End(long number, MessageFate fate)
    {
        if (number < Dropped || !engine.IsInside)
            return;
        ref var record = ref CollectionsMarshal.AsSpan(_records)[(int)(number % capacity)];
        record.Fate = fate;
        record.Processed = Now();
    }

    private long Add(in MessageRecord record)
    {
        if (_records.Count < capacity)
            _records.Add(record);
        else
            _records[(int)(_count % capacity)] = record;
        return _count++;
    }

    // Code that is not an actor's, such as the transport's, counts as Akka.NET's when it reaches an actor of Akka.NET.
    private static bool IsInternal(ActorCell? cell) => cell is null || cell.Mailbox?.MessageQueue is RecordedQueue { IsInternal: true };
}
