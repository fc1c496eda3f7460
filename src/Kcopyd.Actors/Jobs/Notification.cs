using Akka.Actor;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// The target of a job's notification, and its context. <see cref="Target"/> is an <see cref="IActorRef"/>, a <see cref="CopyNotify"/>, a
/// <see cref="CopyResultNotify"/> or an <see cref="INotifyTarget"/>.
/// </summary>
internal readonly record struct Notification(object Target, object? Context)
{
    /// <summary>True if the target takes a <see cref="CopyResult"/>; otherwise none is needed.</summary>
    public bool WantsResult => Target is not CopyNotify;

    /// <summary>Notifies an actor, which may be on another node.</summary>
    public static void Tell(IActorRef actor, CopyResult result) =>
        actor.Tell(actor is IInternalActorRef { IsLocal: false } ? result.ForWire() : result, ActorRefs.NoSender);

    /// <summary>Notifies the target. Exceptions from a delegate propagate.</summary>
    public void Deliver(bool readError, ulong writeErrors, CopyResult? result)
    {
        switch (Target)
        {
            case CopyNotify notify:
                notify(readError, writeErrors, Context);
                break;
            case CopyResultNotify notify:
                notify(result!);
                break;
            case IActorRef actor:
                Tell(actor, result!);
                break;
            case INotifyTarget target:
                target.Notify(result!);
                break;
            default:
                throw new InvalidOperationException($"A {Target.GetType()} cannot be notified.");
        }
    }
}

/// <summary>Receives the result of a job once, in the client's turn or, if the client was stopped, on another thread.</summary>
internal interface INotifyTarget
{
    void Notify(CopyResult result);
}
