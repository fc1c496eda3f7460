namespace Kcopyd.Actors.Faults;

/// <summary>
/// Completes tasks so that code that awaits them without a context continues on the completing thread, before the call returns. .NET does that by itself only
/// where neither a <see cref="SynchronizationContext"/> nor a <see cref="TaskScheduler"/> is current, and queues to the thread pool elsewhere: a simulation
/// that has either would be left. Never call this while a lock is held.
/// </summary>
internal static class Inline
{
    public static void SetResult(TaskCompletionSource source) => Run(static state => ((TaskCompletionSource)state!).TrySetResult(), source);

    public static void SetResult<T>(TaskCompletionSource<T> source, T result) => Run(_ => source.TrySetResult(result), null);

    public static void SetException<T>(TaskCompletionSource<T> source, Exception exception) => Run(_ => source.TrySetException(exception), null);

    private static void Run(Action<object?> complete, object? state)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            if (TaskScheduler.Current == TaskScheduler.Default)
                complete(state);
            else
                new Task(complete, state).RunSynchronously(TaskScheduler.Default); // only another task hides the current scheduler
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
