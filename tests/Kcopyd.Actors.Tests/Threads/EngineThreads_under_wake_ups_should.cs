using Kcopyd.Actors.Tests.Uring;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

/// <summary>Two events can wake a thread that sleeps in its ring, often both at once, and it must be counted as running once.</summary>
[Collection(Alone.Name)]
public sealed class EngineThreads_under_wake_ups_should : AkkaTestKit
{
    private static readonly TimeSpan Enough = Pools.Enough;

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void count_each_thread_once_that_a_transfer_and_another_thread_wake_together(int target)
    {
        const int Rounds = 15_000;
        var pool = Pools.Open(Sys, target);
        using var pipe = new Pipe();
        var go = new Barrier(2);       // not disposed: if the spec fails, the other thread still waits at it
        using var done = new SemaphoreSlim(0);
        var filler = new Thread(() =>
        {
            for (var i = 0; i < Rounds && go.SignalAndWait(Enough); i++)
                pipe.Fill();
        });
        filler.Start();
        for (var i = 0; i < Rounds; i++)
        {
            pool.Run(Begin);
            Assert.True(done.Wait(Enough), $"Number {i} was never begun.");
            Assert.True(go.SignalAndWait(Enough));
            pool.Run(Note);     // concurrently with the answer
            Assert.True(done.Wait(Enough) && done.Wait(Enough), $"Number {i} is not complete, or the work scheduled with it never ran.");
            if (i % 16 == 0)
            {
                var running = pool.Running;
                Assert.True(running.Are == running.Counted, $"Round {i}: {running}");
            }
        }
        Assert.True(filler.Join(Enough));
        pool.UntilParked();
        Assert.Equal((0, 0), (pool.Running.Counted, pool.Running.Are));
        pool.Shutdown();

        void Note() => done.Release();

        async void Begin()
        {
            var transfer = EngineThread.Lane!.Read(pipe.Start, new byte[1], 0);
            done.Release();
            await transfer.ConfigureAwait(false);
            done.Release();
        }
    }

    // In addition to the wake-ups, the watch serves the lanes of threads that hang occasionally.
    [SkippableFact]
    public void lose_no_wake_up_when_threads_hang_now_and_then()
    {
        const int Rounds = 300, Width = 20;
        var pool = Pools.Open(Sys, target: 2);
        using var pipe = new Pipe();
        using var left = new CountdownEvent(1);
        for (var i = 0; i < Rounds; i++)
        {
            left.Reset(Width);
            var hangs = i % 3 == 0;
            for (var j = 0; j < Width; j++)
            {
                var hang = hangs && j == 0;
                pool.Run(() => Transfer(hang));
            }
            pipe.Fill(Width);
            Assert.True(left.Wait(Enough), $"Round {i}: {left.CurrentCount} are missing, {pool.Running}.");
        }
        pool.UntilParked();
        Assert.Equal(0, pool.Running.Counted);
        pool.Shutdown();

        async void Transfer(bool hang)
        {
            var transfer = EngineThread.Lane!.Read(pipe.Start, new byte[1], 0);
            if (hang)
                Thread.Sleep(Random.Shared.Next(5, 15));        // long enough for the watch to detect it
            await transfer.ConfigureAwait(false);
            left.Signal();
        }
    }

    [SkippableFact]
    public void keep_threads_that_have_transfers_and_let_those_go_that_have_none()
    {
        const int Width = 4;
        Lanes.Required();
        var pool = new EngineThreads("pool", 2, 16, Sys.EventStream, patience: TimeSpan.FromMilliseconds(50));
        using var pipe = new Pipe();
        using var barrier = new Barrier(2 * Width);
        var transfers = new List<Task<(IoResult Result, Thread Thread)>>();
        for (var i = 0; i < 2 * Width; i++)
        {
            var reads = i < Width;
            pool.Run(() =>
            {
                if (reads)
                {
                    var transfer = Pools.ReadHere(pipe);
                    lock (transfers)
                        transfers.Add(transfer);
                }
                barrier.SignalAndWait(Enough);      // each on its own thread
            });
        }
        Assert.True(SpinWait.SpinUntil(() => pool.Running is { Are: 0, All: Width }, Enough), $"{pool.Running}");
        pipe.Fill(Width);
        Assert.Equal(Width, transfers.Select(transfer => transfer.Soon().Thread).Distinct().Count());
        Assert.True(SpinWait.SpinUntil(() => pool.Running is { Are: 0, All: 2 }, Enough), $"{pool.Running}");
        pool.Shutdown();
    }
}
