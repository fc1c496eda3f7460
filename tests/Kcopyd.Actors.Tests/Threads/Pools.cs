using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.Tests.Uring;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

/// <summary>What specs of the engine's threads and their rings share.</summary>
internal static class Pools
{
    public static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    public static EngineThreads Open(ActorSystem system, int target = 2, int most = 64)
    {
        Lanes.Required();
        return new EngineThreads("pool", target, most, system.EventStream);
    }

    public static void Run(this EngineThreads pool, Action action) => pool.Execute(new Runnable(action));

    /// <summary>Runs on a thread of the pool, and waits for it.</summary>
    public static T Get<T>(this EngineThreads pool, Func<T> function)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        pool.Run(() =>
        {
            try
            {
                result.SetResult(function());
            }
            catch (Exception exception)
            {
                result.SetException(exception);
            }
        });
        return result.Task.Soon();
    }

    /// <summary>Begins a read that waits until the pipe is filled, on some thread of the pool.</summary>
    /// <returns>The thread, and what the read brings together with the thread on which that was known.</returns>
    public static (Thread Thread, Task<(IoResult Result, Thread Thread)> Completion) Read(this EngineThreads pool, Pipe pipe) =>
        pool.Get(() => (Thread.CurrentThread, ReadHere(pipe)));

    /// <summary>The same, on the calling thread of a pool.</summary>
    public static Task<(IoResult Result, Thread Thread)> ReadHere(Pipe pipe)
    {
        var done = new TaskCompletionSource<(IoResult, Thread)>(TaskCreationOptions.RunContinuationsAsynchronously);
        async void Transfer()
        {
            var result = await EngineThread.Lane!.Read(pipe.Start, new byte[1], 0).ConfigureAwait(false);
            done.SetResult((result, Thread.CurrentThread));
        }
        Transfer();
        return done.Task;
    }

    /// <summary>Begins a read that waits until the pipe is filled on each of so many threads.</summary>
    public static List<Task<(IoResult Result, Thread Thread)>> FillWithTransfers(this EngineThreads pool, Pipe pipe, int threads)
    {
        using var barrier = new Barrier(threads);
        return [.. Enumerable.Range(0, threads).Select(_ =>
        {
            var begun = new TaskCompletionSource<Task<(IoResult, Thread)>>(TaskCreationOptions.RunContinuationsAsynchronously);
            pool.Run(() =>
            {
                var transfer = ReadHere(pipe);
                barrier.SignalAndWait(Enough);      // each on a thread of its own
                begun.SetResult(transfer);
            });
            return begun.Task;
        }).ToList().Select(begun => begun.Soon())];
    }

    public static T Soon<T>(this Task<T> task)
    {
        Assert.True(task.Wait(Enough), "What was waited for did not happen.");
        return task.Result;
    }

    /// <summary>Every thread is parked, and the watch sees that there is nothing to watch.</summary>
    public static void UntilIdle(this EngineThreads pool) =>
        Assert.True(SpinWait.SpinUntil(() => pool.Running.Are == 0 && !pool.IsWatching, Enough), $"{pool.Running}");

    /// <summary>Every thread is parked.</summary>
    public static void UntilParked(this EngineThreads pool) =>
        Assert.True(SpinWait.SpinUntil(() => pool.Running.Are == 0, Enough), $"{pool.Running}");

    public static void AssertCountsRight(this EngineThreads pool)
    {
        var running = pool.Running;
        Assert.Equal(running.Are, running.Counted);
    }

    private sealed class Runnable(Action action) : IRunnable
    {
        public void Run() => action();

        public void Execute() => action();
    }
}
