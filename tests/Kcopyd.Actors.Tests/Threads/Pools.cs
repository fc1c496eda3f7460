using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.Tests.Uring;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

/// <summary>What the specs of the engine's threads and their rings share.</summary>
internal static class Pools
{
    public static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    public static EngineThreads Open(ActorSystem system, int target = 2, int max = 64)
    {
        Lanes.Required();
        return new EngineThreads("pool", target, max, system.EventStream);
    }

    public static void Run(this EngineThreads pool, Action action) => pool.Execute(new Runnable(action));

    /// <summary>Runs a function on a thread of the pool, and waits for its result.</summary>
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

    /// <summary>Begins a read on a thread of the pool; the read waits until the pipe is filled.</summary>
    /// <returns>The thread, and the result of the read together with the thread on which it completed.</returns>
    public static (Thread Thread, Task<(IoResult Result, Thread Thread)> Completion) Read(this EngineThreads pool, Pipe pipe) =>
        pool.Get(() => (Thread.CurrentThread, ReadHere(pipe)));

    /// <summary>Begins such a read on the calling thread, which belongs to a pool.</summary>
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

    /// <summary>Begins such a read on each of several threads.</summary>
    public static List<Task<(IoResult Result, Thread Thread)>> FillWithTransfers(this EngineThreads pool, Pipe pipe, int threads)
    {
        using var barrier = new Barrier(threads);
        return [.. Enumerable.Range(0, threads).Select(_ =>
        {
            var begun = new TaskCompletionSource<Task<(IoResult, Thread)>>(TaskCreationOptions.RunContinuationsAsynchronously);
            pool.Run(() =>
            {
                var transfer = ReadHere(pipe);
                barrier.SignalAndWait(Enough);      // each on its own thread
                begun.SetResult(transfer);
            });
            return begun.Task;
        }).ToList().Select(begun => begun.Soon())];
    }

    public static T Soon<T>(this Task<T> task)
    {
        Assert.True(task.Wait(Enough), "The awaited task did not complete.");
        return task.Result;
    }

    /// <summary>Waits until every thread is parked and the watch has nothing to watch.</summary>
    public static void UntilIdle(this EngineThreads pool) =>
        Assert.True(SpinWait.SpinUntil(() => pool.Running.Are == 0 && !pool.IsWatching, Enough), $"{pool.Running}");

    /// <summary>Waits until every thread is parked.</summary>
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
