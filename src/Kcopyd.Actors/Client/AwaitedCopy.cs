using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Client;

/// <summary>The task behind <c>CopyAsync</c>. Its continuations never run on the client.</summary>
internal sealed class AwaitedCopy(Completions completions, CancellationToken token) : Completion<CopyResult>(completions), INotifyTarget
{
    private CancellationTokenRegistration _registration;

    /// <summary>Call after submitting the job, on the submitting thread.</summary>
    public void CancelWith(KcopydJob job)
    {
        if (!token.CanBeCanceled)
            return;
        _registration = token.UnsafeRegister(static state => ((KcopydJob)state!).Cancel(), job);
        Interlocked.MemoryBarrier();
        if (IsSet)       // either this sees the completion, or Notify sees the registration
            _registration.Unregister();
    }

    public void Notify(CopyResult result)
    {
        if (result.IsCancelled && token.IsCancellationRequested)
            SetException(new CopyCancelledException(result, token));
        else
            SetResult(result);
        _registration.Unregister();
    }
}
