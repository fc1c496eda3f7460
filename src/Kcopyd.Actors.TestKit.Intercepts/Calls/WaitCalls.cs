using System.Runtime.CompilerServices;

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>
/// Code that blocks until something has happened: in a simulation, only other code of the simulation can make it happen. So that code runs, timeouts are in
/// virtual time, and the original is called when it no longer blocks.
/// </summary>
public static class WaitCalls
{
    /// <inheritdoc cref="Task.Wait()"/>
    [Replaces(typeof(Task), "Wait")]
    public static void Wait(Task task)
    {
        if (!task.IsCompleted)
            Until(() => task.IsCompleted);
        task.Wait();
    }

    /// <inheritdoc cref="Task.Wait(int)"/>
    [Replaces(typeof(Task), "Wait")]
    public static bool Wait(Task task, int millisecondsTimeout) => Wait(task, millisecondsTimeout, CancellationToken.None);

    /// <inheritdoc cref="Task.Wait(TimeSpan)"/>
    [Replaces(typeof(Task), "Wait")]
    public static bool Wait(Task task, TimeSpan timeout) => Wait(task, (int)timeout.TotalMilliseconds, CancellationToken.None);

    /// <inheritdoc cref="Task.Wait(CancellationToken)"/>
    [Replaces(typeof(Task), "Wait")]
    public static void Wait(Task task, CancellationToken cancellationToken) => Wait(task, Timeout.Infinite, cancellationToken);

    /// <inheritdoc cref="Task.Wait(int, CancellationToken)"/>
    [Replaces(typeof(Task), "Wait")]
    public static bool Wait(Task task, int millisecondsTimeout, CancellationToken cancellationToken)
    {
        if (!task.IsCompleted && Until(() => task.IsCompleted, millisecondsTimeout, cancellationToken))
            millisecondsTimeout = 0;
        return task.Wait(millisecondsTimeout, cancellationToken);
    }

    /// <inheritdoc cref="Task.WaitAll(Task[])"/>
    [Replaces(typeof(Task), "WaitAll")]
    public static void WaitAll(Task[] tasks)
    {
        Until(() => Array.TrueForAll(tasks, static task => task.IsCompleted));
        Task.WaitAll(tasks);
    }

    /// <inheritdoc cref="Task.WaitAll(ReadOnlySpan{Task})"/>
    [Replaces(typeof(Task), "WaitAll")]
    public static void WaitAll(ReadOnlySpan<Task> tasks) => WaitAll(tasks.ToArray());

    /// <inheritdoc cref="Task.WaitAll(Task[], int)"/>
    [Replaces(typeof(Task), "WaitAll")]
    public static bool WaitAll(Task[] tasks, int millisecondsTimeout)
    {
        var isOver = Until(() => Array.TrueForAll(tasks, static task => task.IsCompleted), millisecondsTimeout);
        return Task.WaitAll(tasks, isOver ? 0 : millisecondsTimeout);
    }

    /// <inheritdoc cref="Task.WaitAll(Task[], TimeSpan)"/>
    [Replaces(typeof(Task), "WaitAll")]
    public static bool WaitAll(Task[] tasks, TimeSpan timeout) => WaitAll(tasks, (int)timeout.TotalMilliseconds);

    /// <inheritdoc cref="Task.WaitAny(Task[])"/>
    [Replaces(typeof(Task), "WaitAny")]
    public static int WaitAny(Task[] tasks) => WaitAny(tasks, Timeout.Infinite);

    /// <inheritdoc cref="Task.WaitAny(Task[], int)"/>
    [Replaces(typeof(Task), "WaitAny")]
    public static int WaitAny(Task[] tasks, int millisecondsTimeout)
    {
        var isOver = Until(() => Array.Exists(tasks, static task => task.IsCompleted), millisecondsTimeout);
        return Task.WaitAny(tasks, isOver ? 0 : millisecondsTimeout);
    }

    /// <inheritdoc cref="Task.WaitAny(Task[], TimeSpan)"/>
    [Replaces(typeof(Task), "WaitAny")]
    public static int WaitAny(Task[] tasks, TimeSpan timeout) => WaitAny(tasks, (int)timeout.TotalMilliseconds);

    /// <inheritdoc cref="Task{TResult}.Result"/>
    [Replaces(typeof(Task<>), "get_Result")]
    public static T Result<T>(Task<T> task)
    {
        if (!task.IsCompleted)
            Until(() => task.IsCompleted);
        return task.Result;
    }

    /// <inheritdoc cref="TaskAwaiter.GetResult"/>
    [Replaces(typeof(TaskAwaiter), "GetResult")]
    public static void GetResult(ref TaskAwaiter awaiter)
    {
        if (!awaiter.IsCompleted)
        {
            var task = awaiter;
            Until(() => task.IsCompleted);
        }
        awaiter.GetResult();
    }

    /// <inheritdoc cref="TaskAwaiter{TResult}.GetResult"/>
    [Replaces(typeof(TaskAwaiter<>), "GetResult")]
    public static T GetResult<T>(ref TaskAwaiter<T> awaiter)
    {
        if (!awaiter.IsCompleted)
        {
            var task = awaiter;
            Until(() => task.IsCompleted);
        }
        return awaiter.GetResult();
    }

    /// <inheritdoc cref="ConfiguredTaskAwaitable.ConfiguredTaskAwaiter.GetResult"/>
    [Replaces(typeof(ConfiguredTaskAwaitable.ConfiguredTaskAwaiter), "GetResult")]
    public static void GetResult(ref ConfiguredTaskAwaitable.ConfiguredTaskAwaiter awaiter)
    {
        if (!awaiter.IsCompleted)
        {
            var task = awaiter;
            Until(() => task.IsCompleted);
        }
        awaiter.GetResult();
    }

    /// <inheritdoc cref="ConfiguredTaskAwaitable{TResult}.ConfiguredTaskAwaiter.GetResult"/>
    [Replaces(typeof(ConfiguredTaskAwaitable<>.ConfiguredTaskAwaiter), "GetResult")]
    public static T GetResult<T>(ref ConfiguredTaskAwaitable<T>.ConfiguredTaskAwaiter awaiter)
    {
        if (!awaiter.IsCompleted)
        {
            var task = awaiter;
            Until(() => task.IsCompleted);
        }
        return awaiter.GetResult();
    }

    /// <inheritdoc cref="WaitHandle.WaitOne()"/>
    [Replaces(typeof(WaitHandle), "WaitOne")]
    public static bool WaitOne(WaitHandle handle) => WaitOne(handle, Timeout.Infinite);

    /// <inheritdoc cref="WaitHandle.WaitOne(TimeSpan)"/>
    [Replaces(typeof(WaitHandle), "WaitOne")]
    public static bool WaitOne(WaitHandle handle, TimeSpan timeout) => WaitOne(handle, (int)timeout.TotalMilliseconds);

    /// <inheritdoc cref="WaitHandle.WaitOne(int)"/>
    [Replaces(typeof(WaitHandle), "WaitOne")]
    public static bool WaitOne(WaitHandle handle, int millisecondsTimeout)
    {
        var isSet = false;
        return Until(() => isSet = handle.WaitOne(0), millisecondsTimeout) ? isSet || handle.WaitOne(0) : handle.WaitOne(millisecondsTimeout);
    }

    /// <inheritdoc cref="ManualResetEventSlim.Wait()"/>
    [Replaces(typeof(ManualResetEventSlim), "Wait")]
    public static void Wait(ManualResetEventSlim signal) => Wait(signal, Timeout.Infinite, CancellationToken.None);

    /// <inheritdoc cref="ManualResetEventSlim.Wait(int)"/>
    [Replaces(typeof(ManualResetEventSlim), "Wait")]
    public static bool Wait(ManualResetEventSlim signal, int millisecondsTimeout) => Wait(signal, millisecondsTimeout, CancellationToken.None);

    /// <inheritdoc cref="ManualResetEventSlim.Wait(TimeSpan)"/>
    [Replaces(typeof(ManualResetEventSlim), "Wait")]
    public static bool Wait(ManualResetEventSlim signal, TimeSpan timeout) => Wait(signal, (int)timeout.TotalMilliseconds, CancellationToken.None);

    /// <inheritdoc cref="ManualResetEventSlim.Wait(CancellationToken)"/>
    [Replaces(typeof(ManualResetEventSlim), "Wait")]
    public static void Wait(ManualResetEventSlim signal, CancellationToken cancellationToken) => Wait(signal, Timeout.Infinite, cancellationToken);

    /// <inheritdoc cref="ManualResetEventSlim.Wait(int, CancellationToken)"/>
    [Replaces(typeof(ManualResetEventSlim), "Wait")]
    public static bool Wait(ManualResetEventSlim signal, int millisecondsTimeout, CancellationToken cancellationToken)
    {
        var isOver = Until(() => signal.IsSet, millisecondsTimeout, cancellationToken);
        return signal.Wait(isOver ? 0 : millisecondsTimeout, cancellationToken);
    }

    /// <inheritdoc cref="SemaphoreSlim.Wait()"/>
    [Replaces(typeof(SemaphoreSlim), "Wait")]
    public static void Wait(SemaphoreSlim semaphore) => Wait(semaphore, Timeout.Infinite, CancellationToken.None);

    /// <inheritdoc cref="SemaphoreSlim.Wait(int)"/>
    [Replaces(typeof(SemaphoreSlim), "Wait")]
    public static bool Wait(SemaphoreSlim semaphore, int millisecondsTimeout) => Wait(semaphore, millisecondsTimeout, CancellationToken.None);

    /// <inheritdoc cref="SemaphoreSlim.Wait(TimeSpan)"/>
    [Replaces(typeof(SemaphoreSlim), "Wait")]
    public static bool Wait(SemaphoreSlim semaphore, TimeSpan timeout) => Wait(semaphore, (int)timeout.TotalMilliseconds, CancellationToken.None);

    /// <inheritdoc cref="SemaphoreSlim.Wait(CancellationToken)"/>
    [Replaces(typeof(SemaphoreSlim), "Wait")]
    public static void Wait(SemaphoreSlim semaphore, CancellationToken cancellationToken) => Wait(semaphore, Timeout.Infinite, cancellationToken);

    /// <inheritdoc cref="SemaphoreSlim.Wait(int, CancellationToken)"/>
    [Replaces(typeof(SemaphoreSlim), "Wait")]
    public static bool Wait(SemaphoreSlim semaphore, int millisecondsTimeout, CancellationToken cancellationToken)
    {
        var isOver = Until(() => semaphore.CurrentCount > 0, millisecondsTimeout, cancellationToken);
        return semaphore.Wait(isOver ? 0 : millisecondsTimeout, cancellationToken);
    }

    /// <inheritdoc cref="CountdownEvent.Wait()"/>
    [Replaces(typeof(CountdownEvent), "Wait")]
    public static void Wait(CountdownEvent countdown) => Wait(countdown, Timeout.Infinite, CancellationToken.None);

    /// <inheritdoc cref="CountdownEvent.Wait(int)"/>
    [Replaces(typeof(CountdownEvent), "Wait")]
    public static bool Wait(CountdownEvent countdown, int millisecondsTimeout) => Wait(countdown, millisecondsTimeout, CancellationToken.None);

    /// <inheritdoc cref="CountdownEvent.Wait(TimeSpan)"/>
    [Replaces(typeof(CountdownEvent), "Wait")]
    public static bool Wait(CountdownEvent countdown, TimeSpan timeout) => Wait(countdown, (int)timeout.TotalMilliseconds, CancellationToken.None);

    /// <inheritdoc cref="CountdownEvent.Wait(CancellationToken)"/>
    [Replaces(typeof(CountdownEvent), "Wait")]
    public static void Wait(CountdownEvent countdown, CancellationToken cancellationToken) => Wait(countdown, Timeout.Infinite, cancellationToken);

    /// <inheritdoc cref="CountdownEvent.Wait(int, CancellationToken)"/>
    [Replaces(typeof(CountdownEvent), "Wait")]
    public static bool Wait(CountdownEvent countdown, int millisecondsTimeout, CancellationToken cancellationToken)
    {
        var isOver = Until(() => countdown.IsSet, millisecondsTimeout, cancellationToken);
        return countdown.Wait(isOver ? 0 : millisecondsTimeout, cancellationToken);
    }

    // Not reported outside of a simulation: what waits there is often the simulation's own thread pool. The original refuses a timeout that is out of range.
    private static bool Until(Func<bool> isOver, int millisecondsTimeout = Timeout.Infinite, CancellationToken cancellationToken = default)
    {
        if (millisecondsTimeout < Timeout.Infinite || Interception.Current is not { } environment)
            return false;
        environment.WaitUntil(() => cancellationToken.IsCancellationRequested || isOver(), TimeSpan.FromMilliseconds(millisecondsTimeout));
        return true;
    }
}
