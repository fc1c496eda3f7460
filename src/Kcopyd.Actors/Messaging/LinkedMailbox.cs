using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Kcopyd.Actors.Messaging;

/// <summary>The mailbox of clients, readers and writers. It is unbounded because credits limit the number of messages sent.</summary>
internal sealed class LinkedMailbox(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<LinkedMessageQueue>
{
    public const string Id = "kcopyd.mailbox";

    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new LinkedMessageQueue();
}

/// <summary>
/// Many producers push onto a stack with one compare-and-swap; the single consumer takes the whole stack and reverses it. Pushing a <see cref="LinkedMessage"/>
/// never allocates: there are no segments to grow. The order per producer is preserved.
/// </summary>
internal sealed class LinkedMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private LinkedMessage? _pushed;     // newest first; any thread
    private LinkedMessage? _batch;      // oldest first; consumer only

    public bool HasMessages => Volatile.Read(ref _batch) is not null || Volatile.Read(ref _pushed) is not null;

    /// <summary>0 or 1: an exact count would cost every push an interlocked addition.</summary>
    public int Count => HasMessages ? 1 : 0;

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        var message = envelope.Message is LinkedMessage linked && envelope.Sender.IsNobody() && linked.TryLink()
            ? linked
            : new Wrapped(envelope);
        var head = Volatile.Read(ref _pushed);
        while (true)
        {
            message.Next = head;
            var seen = Interlocked.CompareExchange(ref _pushed, message, head);
            if (ReferenceEquals(seen, head))
                return;
            head = seen;
        }
    }

    public bool TryDequeue(out Envelope envelope)
    {
        var message = _batch ?? TakePushed();
        if (message is null)
        {
            envelope = default;
            return false;
        }
        _batch = message.Next;
        message.Next = null;
        if (message is Wrapped wrapped)
        {
            envelope = wrapped.Envelope;
            return true;
        }
        message.Unlink();
        envelope = new Envelope(message, ActorRefs.NoSender);
        return true;
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope))
        {
            if (envelope.Message is LinkedMessage linked)
                linked.Undelivered();
            else
                deadletters.Enqueue(owner, envelope);
        }
    }

    private LinkedMessage? TakePushed()
    {
        if (Volatile.Read(ref _pushed) is null)
            return null;
        var newest = Interlocked.Exchange(ref _pushed, null);
        LinkedMessage? oldest = null;
        while (newest is not null)
        {
            var next = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = next;
        }
        return oldest;
    }

    private sealed class Wrapped(Envelope envelope) : LinkedMessage
    {
        public Envelope Envelope { get; } = envelope;
    }
}
