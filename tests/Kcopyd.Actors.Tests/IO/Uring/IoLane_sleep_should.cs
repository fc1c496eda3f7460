using Kcopyd.Actors.IO;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Uring;

[Collection(Alone.Name)]
public sealed class IoLane_sleep_should
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public void end_at_a_wake_up_with_transfers_in_flight_each_time()
    {
        using var lane = Lanes.Open(TimeSpan.Zero);
        using var pipe = new Pipe();
        var transfer = lane.Read(pipe.Start, new byte[1], 0);
        using var asked = new SemaphoreSlim(0);
        using var slept = new SemaphoreSlim(0);
        var waker = new Thread(() =>
        {
            for (var i = 0; i < 5000 && asked.Wait(Enough); i++)
            {
                lane.Wake();
                if (!slept.Wait(Enough))
                    return;
            }
        });
        waker.Start();
        for (var i = 0; i < 5000; i++)
        {
            asked.Release();        // the wake-up comes before or during the sleep
            lane.Sleep();
            lane.Reap();
            slept.Release();
        }
        Assert.True(waker.Join(Enough));
        Assert.False(transfer.IsCompleted);
        pipe.Fill();
        Assert.Equal(IoResult.Success(1), lane.Finish(transfer));
    }

    [SkippableFact]
    public void submit_what_is_queued()
    {
        using var lane = Lanes.Open();
        using var pipe = new Pipe();
        var transfers = Enumerable.Range(0, 20).Select(_ => lane.Read(pipe.Start, new byte[1], 0)).ToList();
        Assert.True(lane.HasQueued, "Every transfer was submitted separately.");
        pipe.Fill(20);
        foreach (var transfer in transfers)
            Assert.Equal(IoResult.Success(1), lane.Finish(transfer));
        Assert.False(lane.HasQueued);
    }

    [SkippableFact]
    public void find_what_another_thread_completes_while_the_owner_is_elsewhere()
    {
        using var lane = Lanes.Open();
        using var pipe = new Pipe();
        var transfer = lane.Read(pipe.Start, new byte[1], 0);
        var others = Enumerable.Range(0, 3).Select(_ => lane.Read(pipe.Start, new byte[1], 0)).ToList();
        pipe.Fill(4);
        var completed = new List<Akka.Dispatch.IRunnable>();
        var watch = new Thread(() =>
        {
            var started = System.Diagnostics.Stopwatch.StartNew();
            while (lane.HasTransfers && started.Elapsed < Enough)
                lane.Serve(completed.Add);
        });
        watch.Start();
        Assert.True(watch.Join(Enough));
        Assert.Equal(4, completed.Count);
        Assert.False(transfer.IsCompleted, "The transfer continued on the thread that serves the lane.");
        completed.ForEach(io => io.Run());
        Assert.All(others.Append(transfer), io => Assert.Equal(IoResult.Success(1), io.GetAwaiter().GetResult()));
    }

    [SkippableFact]
    public void find_a_request_again_that_a_signal_interrupted()
    {
        using var folder = new TempFolder();
        using var file = Lanes.File(folder.File("file", Bytes.Random(1000)), LibC.O_RDONLY);
        using var lane = Lanes.Open();
        var memory = new byte[1000];
        var transfer = lane.Read(file, memory, 0);
        lane.Submit();
        Assert.True(SpinWait.SpinUntil(() => lane.HasAnswers, Enough));
        Interruption.OfTheNextAnswer(lane);
        lane.Reap();
        Assert.True(lane.HasQueued);
        Assert.False(transfer.IsCompleted);
        Assert.Equal(IoResult.Success(1000), lane.Finish(transfer));
        Assert.Equal(File.ReadAllBytes(folder["file"]), memory);
    }
}
