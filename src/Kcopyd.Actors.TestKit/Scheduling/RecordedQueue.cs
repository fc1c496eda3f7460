using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>The queue of an unbounded mailbox that records what passes through it.</summary>
internal class RecordedQueue(Process process, IActorRef owner) : IMessageQueue, IUnboundedMessageQueueSemantics
{
    // As in Akka.NET, any thread may add: one that the simulation does not control fails it, and must find a queue that is whole.
    private readonly ConcurrentQueue<Item> _items = new();
    private bool? _isInternal;

    public Process Process => process;

    public IActorRef Owner => owner;

    /// <summary>True if its actor belongs to Akka.NET, not to the application.</summary>
    public bool IsInternal => _isInternal ??= ActorNames.IsInternal(owner);

    public virtual bool HasMessages => !_items.IsEmpty;

    public virtual int Count => _items.Count;

    public void Enqueue(IActorRef receiver, Envelope envelope) => _items.Enqueue(new Item(envelope, Messages.Sent(this, receiver, envelope)));

    public bool TryDequeue(out Envelope envelope)
    {
        if (!TryTake(out var item))
        {
            envelope = default;
            return false;
        }
        envelope = item.Envelope;
        Messages.End(item.Number, MessageFate.Processed);
        process.Engine.Log.Processes(this, envelope);
        return true;
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        Messages.IsCleaningUp = true;
        while (TryTake(out var item))
        {
            Messages.End(item.Number, MessageFate.DeadLetter);
            deadletters.Enqueue(owner, item.Envelope);
        }
        Messages.IsCleaningUp = false;
    }

    protected MessageLog Messages => process.Engine.Messages;

    protected virtual bool TryTake(out Item item) => _items.TryDequeue(out item);

    protected readonly record struct Item(Envelope Envelope, long Number);
}

/// <summary>The same with a front, to which an actor returns what it has stashed.</summary>
internal sealed class RecordedDequeQueue(Process process, IActorRef owner) : RecordedQueue(process, owner), IUnboundedDequeBasedMessageQueueSemantics
{
    private readonly Stack<Item> _first = new();        // only its actor uses it

    public override bool HasMessages => _first.Count > 0 || base.HasMessages;

    public override int Count => _first.Count + base.Count;

    public void EnqueueFirst(Envelope envelope) => _first.Push(new Item(envelope, Messages.Unstashed(this, envelope)));

    protected override bool TryTake(out Item item) => _first.TryPop(out item) || base.TryTake(out item);
}
