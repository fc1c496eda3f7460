using Akka.Actor;
using Kcopyd.Actors.Client;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Whom to tell how a job ended. <see cref="Target"/> is an <see cref="IActorRef"/>, a <see cref="CopyNotify"/>,
/// a <see cref="CopyResultNotify"/>, an <see cref="AwaitedCopy"/> or a <see cref="Request"/>.
/// </summary>
internal readonly record struct Notification(object Target, object? Context)
{
    /// <summary>True if the target takes a <see cref="CopyResult"/>; otherwise none need be made.</summary>
    public bool WantsResult => Target is not CopyNotify;

    /// <summary>Tells an actor, which may be on another node.</summary>
    public static void Tell(IActorRef actor, CopyResult result) =>
        actor.Tell(actor is IInternalActorRef { IsLocal: false } ? result.ForWire() : result, ActorRefs.NoSender);

    /// <summary>Tells the target. What a delegate throws comes through.</summary>
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
            case Request request:
                foreach (var requester in request.Requesters)
                    Tell(requester, result!);
                request.Completed?.Invoke(request, result!);
                break;
            case AwaitedCopy awaited:
                awaited.Complete(result!);
                break;
            default:
                throw new InvalidOperationException($"A {Target.GetType()} cannot be notified.");
        }
    }
}

/// <summary>The task behind <c>CopyAsync</c>. Its continuations never run on the client.</summary>
internal sealed class AwaitedCopy(CancellationToken token)
{
    private readonly TaskCompletionSource<CopyResult> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _registration;

    public Task<CopyResult> Task => _source.Task;

    /// <summary>Call after the job was submitted, on the thread that submitted it.</summary>
    public void CancelWith(KcopydJob job)
    {
        if (!token.CanBeCanceled)
            return;
        _registration = token.UnsafeRegister(static state => ((KcopydJob)state!).Cancel(), job);
        Interlocked.MemoryBarrier();
        if (_source.Task.IsCompleted)       // whoever comes second of this and Complete finds the other's work
            _registration.Unregister();
    }

    public void Complete(CopyResult result)
    {
        if (result.IsCancelled && token.IsCancellationRequested)
            _source.TrySetException(new CopyCancelledException(result, token));
        else
            _source.TrySetResult(result);
        _registration.Unregister();
    }
}
