using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>The answers of an actor in one turn: those for the same actor are sent to it in one message. Used by the answering actor only.</summary>
/// <param name="schedule">Runs the continuation of an awaited answer off the caller's stack.</param>
internal sealed class TargetAnswers(Action<IRunnable> schedule)
{
    private LinkedQueue<DeviceIo> _lent;
    private IActorRef? _owner;          // of every I/O in _lent

    /// <summary>Answers a request, unless it is already answered.</summary>
    public void Add(TargetRequest request, IoResult result)
    {
        if (!request.TrySettle(request.Id))
            return;
        if (request.Owner is not { } owner)
        {
            schedule(request.Answer(result));
            return;
        }
        if (!ReferenceEquals(owner, _owner))
            Tell();
        _owner = owner;
        _lent.Add(request.GiveBack(result));
    }

    /// <summary>Sends the collected answers: at the end of the turn, and before anything that waited for them starts.</summary>
    public void Tell()
    {
        if (_lent.TakeAll() is { } lent)
            _owner!.Tell(lent, ActorRefs.NoSender);
        _owner = null;
    }
}
