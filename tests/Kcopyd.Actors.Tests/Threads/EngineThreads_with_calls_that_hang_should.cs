using Akka.Dispatch;
using Kcopyd.Actors.Tests.Uring;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

/// <summary>Device calls that block leave threads for actors; calls beyond the limit wait in a queue.</summary>
[Collection(Alone.Name)]
public sealed class EngineThreads_with_calls_that_hang_should : AkkaTestKit
{
    private const int Threads = 2, MaxThreads = 5, MaxCalls = MaxThreads - Threads;

    private static readonly TimeSpan Enough = Pools.Enough;

    private readonly EngineThreads _pool;
    private readonly SemaphoreSlim _begun = new(0);

    public EngineThreads_with_calls_that_hang_should() => _pool = new EngineThreads("pool", Threads, MaxThreads, Sys.EventStream, usesRings: false);

    [Fact]
    public void make_the_calls_that_wait_in_order_when_others_return()
    {
        var calls = Enumerable.Range(0, 20).Select(_ => new Call(_begun)).ToList();
        var hung = calls[..MaxCalls];
        hung.ForEach(_pool.Execute);
        hung.ForEach(_ => Begun());
        foreach (var call in calls[MaxCalls..])
        {
            _pool.Execute(call);
            Assert.True(SpinWait.SpinUntil(() => call.IsQueued, Enough));
        }
        for (var i = 0; i < calls.Count; i++)
        {
            Assert.Equal(Math.Min(i + MaxCalls, calls.Count), calls.Count(call => call.HasBegun));
            Assert.Equal(7, _pool.Get(() => 7));
            calls[i].Return();
            if (i + MaxCalls < calls.Count)
            {
                Begun();
                Assert.True(calls[i + MaxCalls].HasBegun, $"Number {i + MaxCalls} was overtaken.");
            }
        }
        Assert.True(SpinWait.SpinUntil(() => calls.All(call => call.HasReturned), Enough));
        Assert.InRange(_pool.Running.All, 1, MaxThreads);
        _pool.Shutdown();
    }

    [Fact]
    public void make_a_call_of_an_actor_in_its_turn_later_when_too_many_block()
    {
        var hung = Enumerable.Range(0, MaxCalls).Select(_ => new Call(_begun)).ToList();
        hung.ForEach(_pool.Execute);
        hung.ForEach(_ => Begun());
        var call = _pool.Get(() => EngineThread.Block(() => IoResult.Success(7)).AsTask());
        Assert.False(call.IsCompleted);
        hung[0].Return();
        Assert.Equal(IoResult.Success(7), call.Soon());
        hung.ForEach(each => each.Return());
        _pool.Shutdown();
    }

    [SkippableFact]
    public void let_no_new_call_overtake_those_that_wait_for_a_thread_without_transfers()
    {
        var pool = Pools.Open(Sys, target: 1, max: 2);
        using var pipe = new Pipe();
        var transfers = pool.FillWithTransfers(pipe, threads: 2);
        var first = pool.Get(() => EngineThread.Block(() => 7).AsTask());
        var second = new Call(_begun);
        second.Return();
        pool.Execute(second);
        Assert.True(SpinWait.SpinUntil(() => second.IsQueued || second.HasBegun, Enough));
        Assert.Equal((true, false), (second.IsQueued, first.IsCompleted));
        pipe.Fill(2);
        Assert.Equal(7, first.Soon());
        Begun();
        transfers.ForEach(transfer => transfer.Soon());
        pool.Shutdown();
    }

    [Fact]
    public void count_no_call_that_has_returned()
    {
        for (var i = 0; i < 50 * MaxCalls; i++)
        {
            var call = new Call(_begun);
            call.Return();
            _pool.Execute(call);
            Assert.Equal(7, _pool.Get(() => EngineThread.Block(() => 7).AsTask()).Soon());
            Begun();
        }
        var hung = Enumerable.Range(0, MaxCalls).Select(_ => new Call(_begun)).ToList();
        hung.ForEach(_pool.Execute);
        hung.ForEach(_ => Begun());
        hung.ForEach(call => call.Return());
        _pool.Shutdown();
    }

    [Fact]
    public void lose_no_call_when_the_places_are_taken_and_given_up_all_the_time()
    {
        const int Producers = 4, Each = 5_000;
        using var left = new CountdownEvent(Producers * Each);
        int now = 0, max = 0;
        var producers = Enumerable.Range(0, Producers).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                _pool.Execute(new Quick(() =>
                {
                    InterlockedMax(ref max, Interlocked.Increment(ref now));
                    Thread.Yield();
                    Interlocked.Decrement(ref now);
                    left.Signal();
                }));
            }
        })).ToList();
        producers.ForEach(thread => thread.Start());
        Assert.True(left.Wait(Enough), $"{left.CurrentCount} were never made.");
        producers.ForEach(thread => thread.Join());
        Assert.InRange(max, 1, MaxCalls);
        _pool.Shutdown();
    }

    [Fact]
    public void make_the_calls_that_wait_also_when_they_are_shut_down()
    {
        var calls = Enumerable.Range(0, 2 * MaxCalls).Select(_ => new Call(_begun)).ToList();
        calls.ForEach(_pool.Execute);
        Assert.True(SpinWait.SpinUntil(() => calls.All(call => call.HasBegun || call.IsQueued), Enough));
        _pool.Shutdown();
        calls.ForEach(call => call.Return());
        Assert.True(SpinWait.SpinUntil(() => calls.All(call => call.HasReturned), Enough));
        Assert.True(SpinWait.SpinUntil(() => _pool.Running.All == 0, Enough), $"{_pool.Running}");
    }

    private void Begun() => Assert.True(_begun.Wait(Enough), "No call was made.");

    private static void InterlockedMax(ref int max, int value)
    {
        for (var seen = Volatile.Read(ref max); value > seen;)
            seen = Interlocked.CompareExchange(ref max, value, seen) is var before && before == seen ? value : before;
    }

    private sealed class Quick(Action call) : IRunnable
    {
        public void Run()
        {
            if (EngineThread.TryBeginCall(this))
                call();
        }

        public void Execute() => Run();
    }

    private sealed class Call(SemaphoreSlim begun) : IRunnable
    {
        private readonly TaskCompletionSource _return = new();
        private volatile bool _isQueued;
        private volatile bool _hasBegun;
        private volatile bool _hasReturned;

        public bool IsQueued => _isQueued;

        public bool HasBegun => _hasBegun;

        public bool HasReturned => _hasReturned;

        public void Return() => _return.TrySetResult();

        public void Run()
        {
            if (!EngineThread.TryBeginCall(this))
            {
                _isQueued = true;
                return;
            }
            _hasBegun = true;
            begun.Release();
            EngineThread.MayBlock();
            _return.Task.Wait();
            _hasReturned = true;
        }

        public void Execute() => Run();
    }
}
