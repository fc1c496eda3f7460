using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>
/// A message that carries its own queue link, so that sending it does not allocate. It can be in one mailbox at a time; <see cref="LinkedMessageQueue"/> wraps
/// it if it is sent again before it is dequeued.
/// </summary>
internal abstract class LinkedMessage : INoSerializationVerificationNeeded
{
    private int _queued;

    public LinkedMessage? Next;

    public bool TryLink() => Interlocked.Exchange(ref _queued, 1) == 0;

    public void Unlink() => Volatile.Write(ref _queued, 0);

    /// <summary>Called when the receiving actor has stopped without processing the message. Runs on the thread that detects it.</summary>
    public virtual void Undelivered() { }
}
