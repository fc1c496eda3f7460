using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Tests.Uring;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

[Collection(Alone.Name)]
public sealed class EngineThreads_that_end_should : AkkaTestKit
{
    private static readonly TimeSpan Enough = Pools.Enough;

    [SkippableFact]
    public void complete_the_transfers_that_are_in_flight()
    {
        var pool = Pools.Open(Sys);
        using var pipe = new Pipe();
        var (thread, completion) = pool.Read(pipe);
        pool.UntilParked();
        pool.Shutdown();
        pipe.Fill();
        Assert.Equal(IoResult.Success(1), completion.Soon().Result);
        Assert.True(thread.Join(Enough), "The thread is still running.");
    }

    [SkippableFact]
    public void cancel_the_transfers_that_do_not_complete()
    {
        Lanes.Required();
        var pool = new EngineThreads("pool", 2, 16, Sys.EventStream, patience: TimeSpan.FromMilliseconds(50));
        using var pipe = new Pipe();
        var (thread, completion) = pool.Read(pipe);
        pool.Shutdown();
        Assert.Equal(IoError.Cancelled, completion.Soon().Result.Error);
        Assert.True(thread.Join(Enough), "The thread is still running.");
    }

    [SkippableFact]
    public void end_those_too_that_begin_after_the_shutdown()
    {
        var pool = Pools.Open(Sys, target: 1);
        using var ran = new ManualResetEventSlim();
        pool.Run(() =>
        {
            pool.Run(ran.Set);
            pool.Shutdown();
            EngineThread.MayBlock();        // another thread is started for the waiting work
            ran.Wait(Enough);
        });
        Assert.True(ran.Wait(Enough));
        Assert.True(SpinWait.SpinUntil(() => pool.Running.All == 0, Enough), $"{pool.Running}");
    }

    [SkippableFact]
    public void make_the_blocking_calls_that_are_left()
    {
        var pool = Pools.Open(Sys, target: 1, max: 2);
        using var pipe = new Pipe();
        var transfers = pool.FillWithTransfers(pipe, threads: 2);
        var call = pool.Get(() => EngineThread.Block(() => IoResult.Success(7)).AsTask());
        Assert.False(call.IsCompleted);
        pool.Shutdown();
        pipe.Fill(2);
        Assert.All(transfers, transfer => Assert.Equal(IoResult.Success(1), transfer.Soon().Result));
        Assert.Equal(IoResult.Success(7), call.Soon());
    }

    [SkippableFact]
    public void refuse_what_comes_then_and_say_nothing()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(LogEvent));
        var pool = Pools.Open(Sys);
        using var pipe = new Pipe();
        var (thread, _) = pool.Read(pipe);
        pool.Shutdown();
        Assert.Throws<RejectedExecutionException>(() => pool.Run(() => { }));
        pipe.Fill();
        Assert.True(thread.Join(Enough));
        ExpectNoMsg(TimeSpan.Zero);
    }
}
