using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>The way to an actor that answers messages once: see <see cref="AnsweredMessage"/>. Any thread.</summary>
internal class Recipient
{
    private volatile bool _isGone;
    private long _lastId;

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>Ends when the actor has stopped.</summary>
    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True once the actor has stopped: nobody reads its mailbox any more.</summary>
    public bool IsGone => _isGone;

    /// <summary>A number that no other message to this actor has.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    public void Tell(AnsweredMessage message)
    {
        var id = message.Id;        // once told, it may be answered and used again
        Actor.Tell(message, ActorRefs.NoSender);
        if (_isGone)
            message.Close(id);
    }

    /// <summary>The actor stops: it calls this first, and then closes what it has.</summary>
    public virtual void Leave()
    {
        _isGone = true;
        Stopped.TrySetResult();
    }
}
