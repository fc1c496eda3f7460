using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>
/// A message that carries its own queue link, so that telling it allocates nothing. It may be in one mailbox at a time;
/// <see cref="LinkedMessageQueue"/> wraps it if it is sent again before it was taken.
/// </summary>
internal abstract class LinkedMessage : INoSerializationVerificationNeeded
{
    private int _queued;

    public LinkedMessage? Next;

    public bool TryLink() => Interlocked.Exchange(ref _queued, 1) == 0;

    public void Unlink() => Volatile.Write(ref _queued, 0);

    /// <summary>The actor that it was told to is gone and has not processed it. Runs on the thread that finds out.</summary>
    public virtual void Undelivered() { }
}
