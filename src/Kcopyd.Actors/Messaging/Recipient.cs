using Akka;
using Akka.Actor;
using Akka.Dispatch;

namespace Kcopyd.Actors.Messaging;

/// <summary>Sends messages to an actor that answers each of them once: see <see cref="AnsweredMessage"/>. Any thread.</summary>
/// <param name="elsewhere">Runs the continuations of answers when the actor is gone.</param>
internal class Recipient(Elsewhere elsewhere)
{
    private volatile bool _isGone;
    private long _lastId;

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>Completes when the actor has stopped.</summary>
    public Completion<Done> Stopped { get; } = new(elsewhere.Completions);

    /// <summary>Where the tasks complete that callers await.</summary>
    public Completions Completions => elsewhere.Completions;

    /// <summary>True once the actor has stopped and no longer reads its mailbox.</summary>
    public bool IsGone => _isGone;

    /// <summary>A number unique among the messages to this actor.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Runs work off the caller's stack.</summary>
    public void Schedule(IRunnable run) => elsewhere.Run(run);

    public void Tell(AnsweredMessage message)
    {
        var id = message.Id;        // once sent, it may be answered and reused
        Actor.Tell(message, ActorRefs.NoSender);
        if (_isGone)
            message.Close(id);
    }

    /// <summary>Called by the actor when it stops, before it closes the messages that it has received.</summary>
    public virtual void Leave()
    {
        _isGone = true;
        Stopped.SetResult(Done.Instance);
    }
}
