using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

/// <summary>Whether a thread has a synchronization context or a task scheduler of its own or neither: what a layer completes there continues there.</summary>
public sealed class Fault_layers_on_a_single_thread_should
{
    private readonly byte[] _buffer = new byte[512];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void continue_a_stalled_operation_before_its_release_returns(bool hasContext) => SingleThread.Run(hasContext, async here =>
    {
        await using var device = BlockDevice.Memory(512).WithStall();
        var order = new List<int>();
        var all = Enumerable.Range(0, 3).Select(ReadTwiceAsync).ToArray();
        Assert.Equal(3, device.Waiting);
        Assert.True(device.ReleaseOne());
        Assert.Equal([0], order);
        Assert.Equal(3, device.Waiting);        // the first one has started its second read, which waits
        device.Release();
        Assert.Equal([0, 1, 2], order[..3]);
        Assert.All(all, one => Assert.True(one.IsCompletedSuccessfully));
        here.Assert();

        async Task ReadTwiceAsync(int number)
        {
            await device.ReadAsync(0, _buffer).ConfigureAwait(false);
            here.Assert();
            order.Add(number);
            await device.ReadAsync(0, _buffer).ConfigureAwait(false);
            here.Assert();
        }
    });

    [Fact]
    public void continue_a_stalled_operation_on_the_context_that_awaits_it() => SingleThread.Run(hasContext: true, async here =>
    {
        await using var device = BlockDevice.Memory(512).WithStall();
        var read = ReadAsync();
        await device.WaitingAsync();
        here.Assert();
        device.ReleaseOne();
        Assert.False(read.IsCompleted);     // it was posted
        await read;
        here.Assert();

        async Task ReadAsync()
        {
            await device.ReadAsync(0, _buffer);
            here.Assert();
            Assert.Same(here, SynchronizationContext.Current);
        }
    });

    [Fact]
    public void continue_a_stalled_operation_inside_a_task_of_another_scheduler() => SingleThread.Run(hasContext: false, here =>
    {
        var device = BlockDevice.Memory(512).WithStall();
        var read = device.ReadAsync(0, _buffer).AsTask();
        var releasing = new Task(() =>
        {
            Assert.NotSame(TaskScheduler.Default, TaskScheduler.Current);
            device.ReleaseOne();
            Assert.True(read.IsCompletedSuccessfully);
            here.Assert();
        });
        releasing.RunSynchronously(new SchedulerOfThisThread());
        return releasing;
    });

    [Fact]
    public void release_only_what_waits_when_it_releases() => SingleThread.Run(hasContext: false, async here =>
    {
        await using var device = BlockDevice.Memory(512).WithStall();
        var read = StallAgainAsync();
        device.Release();
        Assert.Equal(1, device.Waiting);
        device.Release();
        await read;
        here.Assert();

        async Task StallAgainAsync()
        {
            await device.ReadAsync(0, _buffer).ConfigureAwait(false);
            device.Stall();
            await device.ReadAsync(0, _buffer).ConfigureAwait(false);
        }
    });

    [Fact]
    public void report_that_an_operation_waits_after_the_call_that_makes_it_wait() => SingleThread.Run(hasContext: true, async here =>
    {
        await using var device = BlockDevice.Memory(512).WithStall();
        var isIssued = false;
        var watching = WatchAsync();
        var read = device.ReadAsync(0, _buffer).AsTask();
        isIssued = true;
        await watching;
        device.Release();
        await read;

        async Task WatchAsync()
        {
            await device.WaitingAsync().ConfigureAwait(false);
            here.Assert();
            Assert.True(isIssued);
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void continue_a_delayed_operation_where_the_timer_fires(bool hasContext) => SingleThread.Run(hasContext, async here =>
    {
        var time = new ManualTime();
        await using var device = BlockDevice.Memory(512).WithDelay(TimeSpan.FromSeconds(1), time: time);
        var read = ReadAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal(0, time.Pending);
        here.Assert();

        async Task ReadAsync()
        {
            await device.ReadAsync(0, _buffer).ConfigureAwait(false);
            here.Assert();
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void flush_in_order_and_cut_the_power_on_the_thread_of_the_medium(bool hasContext) => SingleThread.Run(hasContext, async here =>
    {
        await using var stall = BlockDevice.Memory(512).WithStall(IoOperations.Flush);
        await using var device = stall.WithVolatileCache();
        var order = new List<int>();
        var all = Enumerable.Range(0, 3).Select(FlushAsync).ToArray();
        Assert.True(stall.ReleaseOne());
        Assert.Equal([0], order);
        Assert.True(stall.ReleaseOne());
        Assert.Equal([0, 1], order);
        var cut = device.CrashAsync().AsTask();
        Assert.False(cut.IsCompleted);
        Assert.True(stall.ReleaseOne());
        Assert.True(cut.IsCompletedSuccessfully);
        Assert.Equal([0, 1, 2], order);
        Assert.All(all, one => Assert.True(one.IsCompletedSuccessfully));
        here.Assert();

        async Task FlushAsync(int number)
        {
            var isSuccess = (await device.FlushAsync().ConfigureAwait(false)).IsSuccess;
            here.Assert();
            order.Add(number);
            Assert.Equal(number < 2, isSuccess);
        }
    });

    private sealed class SchedulerOfThisThread : TaskScheduler
    {
        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

        protected override void QueueTask(Task task) => throw new InvalidOperationException("Everything runs inline here.");

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
