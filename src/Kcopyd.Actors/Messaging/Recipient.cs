using Akka.Actor;
using Akka.Dispatch;

namespace Kcopyd.Actors.Messaging;

/// <summary>The way to an actor that answers messages once: see <see cref="AnsweredMessage"/>. Any thread.</summary>
/// <param name="elsewhere">Where what is answered continues when the actor is gone.</param>
internal class Recipient(Elsewhere elsewhere)
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

    /// <summary>Runs something elsewhere than on the caller's stack.</summary>
    public void Schedule(IRunnable run) => elsewhere.Run(run);

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
