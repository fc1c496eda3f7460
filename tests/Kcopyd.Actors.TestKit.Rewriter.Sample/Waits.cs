namespace RewriterSample;

/// <summary>Every way to block. Each is called with what it waits for, and returns when that has happened.</summary>
public static class Waits
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<Action<TaskCompletionSource<int>>> ForTasks { get; } =
    [
        static source => ((Task)source.Task).Wait(),
        static source => Require(source.Task.Wait(60_000)),
        static source => Require(source.Task.Wait(Minute)),
        static source => source.Task.Wait(CancellationToken.None),
        static source => Require(source.Task.Wait(60_000, CancellationToken.None)),
        static source => Require(source.Task.Result == 1),
        static source => ((Task)source.Task).GetAwaiter().GetResult(),
        static source => Require(source.Task.GetAwaiter().GetResult() == 1),
        static source => ((Task)source.Task).ConfigureAwait(false).GetAwaiter().GetResult(),
        static source => Require(source.Task.ConfigureAwait(false).GetAwaiter().GetResult() == 1),
        static source => Task.WaitAll(Array(source)),
        static source => Task.WaitAll(source.Task, source.Task),
        static source => Require(Task.WaitAll(Array(source), 60_000)),
        static source => Require(Task.WaitAll(Array(source), Minute)),
        static source => Require(Task.WaitAny(Array(source)) == 0),
        static source => Require(Task.WaitAny(Array(source), 60_000) == 0),
        static source => Require(Task.WaitAny(Array(source), Minute) == 0),
    ];

    public static IReadOnlyList<Action<ManualResetEventSlim>> ForEvents { get; } =
    [
        static signal => signal.Wait(),
        static signal => Require(signal.Wait(60_000)),
        static signal => Require(signal.Wait(Minute)),
        static signal => signal.Wait(CancellationToken.None),
        static signal => Require(signal.Wait(60_000, CancellationToken.None)),
        static signal => Require(signal.WaitHandle.WaitOne()),
        static signal => Require(signal.WaitHandle.WaitOne(60_000)),
        static signal => Require(signal.WaitHandle.WaitOne(Minute)),
    ];

    public static IReadOnlyList<Action<SemaphoreSlim>> ForSemaphores { get; } =
    [
        static semaphore => semaphore.Wait(),
        static semaphore => Require(semaphore.Wait(60_000)),
        static semaphore => Require(semaphore.Wait(Minute)),
        static semaphore => semaphore.Wait(CancellationToken.None),
        static semaphore => Require(semaphore.Wait(60_000, CancellationToken.None)),
    ];

    public static IReadOnlyList<Action<CountdownEvent>> ForCountdowns { get; } =
    [
        static countdown => countdown.Wait(),
        static countdown => Require(countdown.Wait(60_000)),
        static countdown => Require(countdown.Wait(Minute)),
        static countdown => countdown.Wait(CancellationToken.None),
        static countdown => Require(countdown.Wait(60_000, CancellationToken.None)),
    ];

    public static bool TryTake(SemaphoreSlim semaphore) => semaphore.Wait(1000);

    private static Task[] Array(TaskCompletionSource<int> source) => [source.Task];

    private static void Require(bool isTrue)
    {
        if (!isTrue)
            throw new InvalidOperationException("The wait has not succeeded.");
    }
}
