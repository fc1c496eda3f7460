using Kcopyd.Actors.Tests.Uring;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

/// <summary>Where transfers complete, and which thread completes them when their own cannot.</summary>
[Collection(Alone.Name)]
public sealed class EngineThreads_with_rings_should : AkkaTestKit
{
    private static readonly TimeSpan Enough = Pools.Enough;

    [SkippableFact]
    public void complete_a_transfer_on_the_thread_that_queued_it()
    {
        var pool = Pools.Open(Sys);
        using var pipe = new Pipe();
        for (var i = 0; i < 200; i++)
        {
            var (thread, completion) = pool.Read(pipe);
            pool.UntilIdle();
            pipe.Fill();
            var (result, where) = completion.Soon();
            Assert.Equal(IoResult.Success(1), result);
            Assert.Same(thread, where);
        }
        pool.Shutdown();
    }

    [SkippableFact]
    public void submit_what_is_queued_although_the_thread_is_kept_busy_by_its_own()
    {
        var pool = Pools.Open(Sys, target: 1);
        using var pipe = new Pipe();
        using var stop = new ManualResetEventSlim();
        pipe.Fill(100);
        void Again()
        {
            if (!stop.IsSet)
                pool.Run(Again);
        }
        var transfers = pool.Get(() =>
        {
            Again();
            return Enumerable.Range(0, 30).Select(_ => Pools.ReadHere(pipe)).ToList();
        });
        Assert.All(transfers, transfer => Assert.Equal(IoResult.Success(1), transfer.Soon().Result));
        stop.Set();
        pool.UntilParked();
        pool.Shutdown();
    }

    [SkippableFact]
    public void complete_the_transfers_of_a_thread_that_hangs_without_saying_so()
    {
        var pool = Pools.Open(Sys);
        using var pipe = new Pipe();
        using var release = new ManualResetEventSlim();
        var transfers = new TaskCompletionSource<List<Task<(IoResult Result, Thread Thread)>>>();
        Thread? hangs = null;
        pool.Run(() =>
        {
            hangs = Thread.CurrentThread;
            transfers.SetResult([.. Enumerable.Range(0, 30).Select(_ => Pools.ReadHere(pipe))]);   // some are not submitted yet
            release.Wait(Enough);
        });
        var all = transfers.Task.Soon();
        pipe.Fill(30);
        foreach (var transfer in all)
        {
            var (result, where) = transfer.Soon();
            Assert.Equal(IoResult.Success(1), result);
            Assert.NotSame(hangs, where);
            Assert.StartsWith("pool-", where.Name, StringComparison.Ordinal);
            Assert.NotEqual("pool-watch", where.Name);      // the continuation may block, and nothing watches the watch
        }
        Assert.False(release.IsSet);
        release.Set();
        pool.Shutdown();
    }

    [SkippableFact]
    public void replace_a_thread_that_hangs_in_what_its_own_transfer_woke_it_for()
    {
        var pool = Pools.Open(Sys, target: 1);
        using var pipe = new Pipe();
        using var release = new ManualResetEventSlim();
        using var hangs = new ManualResetEventSlim();
        pool.Get(() =>
        {
            async void Transfer()
            {
                await EngineThread.Lane!.Read(pipe.Start, new byte[1], 0).ConfigureAwait(false);
                hangs.Set();
                release.Wait(Enough);
            }
            Transfer();
            return 0;
        });
        pool.UntilIdle();       // the watch sleeps: only the completion of the transfer wakes a thread
        pipe.Fill();
        Assert.True(hangs.Wait(Enough));
        Assert.NotEqual("pool-0", pool.Get(() => Thread.CurrentThread.Name));
        release.Set();
        pool.Shutdown();
    }

    [SkippableFact]
    public void keep_a_thread_that_has_transfers_awake_for_others_work_too()
    {
        var pool = Pools.Open(Sys, target: 1);
        using var pipe = new Pipe();
        var (thread, completion) = pool.Read(pipe);
        for (var i = 0; i < 2000; i++)
        {
            pool.UntilParked();
            Assert.Same(thread, pool.Get(() => Thread.CurrentThread));
        }
        Assert.False(completion.IsCompleted);
        pipe.Fill();
        Assert.Same(thread, completion.Soon().Thread);
        pool.Shutdown();
    }
}
