using Kcopyd.Actors.Tests.Uring;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

/// <summary>A thread with transfers in its ring never blocks elsewhere: one dead disk would hold up the transfers of others.</summary>
[Collection(Alone.Name)]
public sealed class EngineThread_that_may_block_should : AkkaTestKit
{
    private static readonly TimeSpan Enough = Pools.Enough;

    [SkippableFact]
    public void make_the_call_itself_when_it_has_no_transfers()
    {
        var pool = Pools.Open(Sys);
        var (caller, called) = pool.Get(() =>
        {
            Thread? where = null;
            var call = EngineThread.Block(() => Note(ref where));
            Assert.True(call.IsCompleted);
            return (Thread.CurrentThread, where);
        });
        Assert.Same(caller, called);
        pool.Shutdown();
    }

    [SkippableFact]
    public void have_it_made_elsewhere_while_it_has_transfers_also_when_all_others_sleep()
    {
        var pool = Pools.Open(Sys);
        using var pipe = new Pipe();
        for (var i = 0; i < 500; i++)
        {
            pool.UntilParked();
            Thread? where = null;
            var (thread, transfer, call) = pool.Get(() =>
            {
                var begun = Pools.ReadHere(pipe);
                return (Thread.CurrentThread, begun, EngineThread.Block(() => Note(ref where)).AsTask());
            });
            Assert.Equal(IoResult.Success(1), call.Soon());
            Assert.NotSame(thread, where);
            Assert.False(transfer.IsCompleted);
            pipe.Fill();
            transfer.Soon();
        }
        pool.Shutdown();
    }

    [SkippableFact]
    public void have_it_made_on_a_new_thread_when_all_have_transfers()
    {
        var pool = Pools.Open(Sys, target: 2, max: 4);
        using var pipe = new Pipe();
        var transfers = pool.FillWithTransfers(pipe, threads: 2);
        var call = pool.Get(() => EngineThread.Block(() => IoResult.Success(7)).AsTask());
        Assert.Equal(IoResult.Success(7), call.Soon());
        Assert.Equal(3, pool.Running.All);
        pipe.Fill(2);
        transfers.ForEach(transfer => transfer.Soon());
        pool.Shutdown();
    }

    [SkippableFact]
    public void have_it_made_when_a_transfer_is_complete_where_there_may_be_no_more_threads()
    {
        var pool = Pools.Open(Sys, target: 2, max: 3);
        using var pipe = new Pipe();
        var transfers = pool.FillWithTransfers(pipe, threads: 3);
        var call = pool.Get(() => EngineThread.Block(() => IoResult.Success(7)).AsTask());
        Assert.Equal(0, pool.Get(() => 0));     // all threads continue with work that does not block
        Assert.False(call.IsCompleted);
        pipe.Fill(1);
        Assert.Equal(IoResult.Success(7), call.Soon());
        Assert.Equal(2, transfers.Count(transfer => !transfer.IsCompleted));
        pipe.Fill(2);
        transfers.ForEach(transfer => transfer.Soon());
        pool.Shutdown();
    }

    // The thread that is woken for the call also finds work from outside, after which it has transfers that do not end.
    [SkippableFact]
    public void have_it_made_before_anything_else_by_who_is_woken_for_it()
    {
        var pool = Pools.Open(Sys, target: 2);
        using var pipe = new Pipe();
        for (var i = 0; i < 300; i++)
        {
            pool.UntilParked();
            var (transfers, call) = pool.Get(() =>
            {
                List<Task> begun = [Pools.ReadHere(pipe)];
                var blocks = EngineThread.Block(() => IoResult.Success(7)).AsTask();
                var outside = new Thread(() =>
                {
                    for (var j = 0; j < 4; j++)
                    {
                        pool.Run(() =>
                        {
                            var more = Pools.ReadHere(pipe);
                            lock (begun)
                                begun.Add(more);
                        });
                    }
                });
                outside.Start();
                outside.Join();
                return (begun, blocks);
            });
            Assert.Equal(IoResult.Success(7), call.Soon());
            pipe.Fill(5);
            Assert.True(SpinWait.SpinUntil(() =>
            {
                lock (transfers)
                    return transfers.Count == 5 && transfers.All(transfer => transfer.IsCompleted);
            }, Enough));
        }
        pool.Shutdown();
    }

    private static IoResult Note(ref Thread? where)
    {
        where = Thread.CurrentThread;
        return IoResult.Success(1);
    }
}
