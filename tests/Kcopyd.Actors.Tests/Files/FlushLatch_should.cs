using Kcopyd.Actors.Files;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

public sealed class FlushLatch_should
{
    [Fact]
    public void keep_failing_after_the_kernel_has_forgotten()
    {
        var answers = new Queue<IoError>([IoError.None, IoError.Io, IoError.None, IoError.NoSpace]);
        var latch = new FlushLatch(answers.Dequeue);

        Assert.Equal(IoError.None, latch.Flush());
        Assert.Equal(IoError.Io, latch.Flush());
        Assert.Equal(IoError.Io, latch.Flush());
        Assert.Equal(IoError.Io, latch.Flush());
        Assert.Equal(2, answers.Count);
    }

    [Fact]
    public async Task give_the_error_to_everyone_who_flushes_at_the_same_time()
    {
        // As in the kernel: the first fsync after a lost write fails, the next one succeeds.
        var reported = 0;
        using var inside = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var latch = new FlushLatch(() =>
        {
            if (Interlocked.Exchange(ref reported, 1) == 1)
                return IoError.None;
            inside.Set();
            go.Wait();
            return IoError.Io;
        });
        var first = Task.Factory.StartNew(latch.Flush, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        inside.Wait();
        IoError second = default;
        var other = new Thread(() => second = latch.Flush());
        other.Start();
        // The other thread either waits for the first one, as it must, or returns at once.
        SpinWait.SpinUntil(() => other.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || !other.IsAlive);
        go.Set();
        other.Join();

        Assert.Equal(IoError.Io, await first);
        Assert.Equal(IoError.Io, second);
    }
}
