using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Client;

/// <summary>The task behind <c>CopyAsync</c>. Its continuations never run on the client.</summary>
internal sealed class AwaitedCopy(CancellationToken token) : INotifyTarget
{
    private readonly TaskCompletionSource<CopyResult> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _registration;

    public Task<CopyResult> Task => _source.Task;

    /// <summary>Call after submitting the job, on the submitting thread.</summary>
    public void CancelWith(KcopydJob job)
    {
        if (!token.CanBeCanceled)
            return;
        _registration = token.UnsafeRegister(static state => ((KcopydJob)state!).Cancel(), job);
        Interlocked.MemoryBarrier();
        if (_source.Task.IsCompleted)       // either this sees the completion, or Notify sees the registration
            _registration.Unregister();
    }

    public void Notify(CopyResult result)
    {
        if (result.IsCancelled && token.IsCancellationRequested)
            _source.TrySetException(new CopyCancelledException(result, token));
        else
            _source.TrySetResult(result);
        _registration.Unregister();
    }
}
