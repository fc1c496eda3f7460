namespace RewriterSample;

public static class Tasks
{
    public static Task Delay(int milliseconds) => Task.Delay(milliseconds);

    public static Task Delay(TimeSpan delay) => Task.Delay(delay);

    public static Task Delay(int milliseconds, CancellationToken token) => Task.Delay(milliseconds, token);

    public static Task Delay(TimeSpan delay, CancellationToken token) => Task.Delay(delay, token);

    public static Task Wait(Task task, TimeSpan timeout) => task.WaitAsync(timeout);

    public static Task Wait(Task task, TimeSpan timeout, CancellationToken token) => task.WaitAsync(timeout, token);

    public static Task<int> WaitForResult(Task<int> task, TimeSpan timeout) => task.WaitAsync(timeout);

    public static Task<int> WaitForResult(Task<int> task, TimeSpan timeout, CancellationToken token) => task.WaitAsync(timeout, token);

    /// <summary>The type of the result is a type parameter of the caller's type.</summary>
    public static Task<string> WaitInGenericType(Task<string> task, TimeSpan timeout) => Waiter<string>.Wait(task, timeout);

    /// <summary>Eight ways to start a task that asks for a thread of its own; each tells whether it got one.</summary>
    public static Task<bool>[] LongRunning()
    {
        const TaskCreationOptions Own = TaskCreationOptions.LongRunning;
        var all = TaskScheduler.Default;
        var factory = new TaskFactory<bool>();
        return
        [
            Task.Factory.StartNew(static () => IsOwnThread(), Own),
            Task.Factory.StartNew(static () => IsOwnThread(), default, Own, all),
            Task.Factory.StartNew(static _ => IsOwnThread(), null, Own),
            Task.Factory.StartNew(static _ => IsOwnThread(), null, default, Own, all),
            factory.StartNew(static () => IsOwnThread(), Own),
            factory.StartNew(static () => IsOwnThread(), default, Own, all),
            factory.StartNew(static _ => IsOwnThread(), null, Own),
            factory.StartNew(static _ => IsOwnThread(), null, default, Own, all),
            .. LongRunningActions(),
        ];
    }

    private static Task<bool>[] LongRunningActions()
    {
        const TaskCreationOptions Own = TaskCreationOptions.LongRunning;
        var all = TaskScheduler.Default;
        var results = Enumerable.Range(0, 4).Select(_ => new TaskCompletionSource<bool>()).ToArray();
        _ = Task.Factory.StartNew(() => { results[0].SetResult(IsOwnThread()); }, Own);
        _ = Task.Factory.StartNew(() => { results[1].SetResult(IsOwnThread()); }, default, Own, all);
        _ = Task.Factory.StartNew(_ => { results[2].SetResult(IsOwnThread()); }, null, Own);
        _ = Task.Factory.StartNew(_ => { results[3].SetResult(IsOwnThread()); }, null, default, Own, all);
        return [.. results.Select(r => r.Task)];
    }

    private static bool IsOwnThread() => !Thread.CurrentThread.IsThreadPoolThread;
}

internal static class Waiter<T>
{
    public static Task<T> Wait(Task<T> task, TimeSpan timeout) => task.WaitAsync(timeout);
}
