using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>The answers that an actor gives in one turn: what another actor gets of it, it gets together. Used by that actor only.</summary>
/// <param name="schedule">Runs what awaits an answer, elsewhere.</param>
internal sealed class TargetAnswers(Action<IRunnable> schedule)
{
    private LinkedQueue<DeviceIo> _lent;
    private IActorRef? _owner;          // of all of them

    /// <summary>Answers, unless somebody has.</summary>
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

    /// <summary>The turn ends, or what waited for these answers is about to begin.</summary>
    public void Tell()
    {
        if (_lent.TakeAll() is { } lent)
            _owner!.Tell(lent, ActorRefs.NoSender);
        _owner = null;
    }
}
