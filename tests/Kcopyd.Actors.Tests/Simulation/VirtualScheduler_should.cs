using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Xunit;

namespace Kcopyd.Actors.Tests.Simulation;

public sealed class VirtualScheduler_should
{
    private readonly VirtualScheduler _scheduler = new(Config.Empty, NoLogger.Instance);

    /// <summary>Threads that schedule for the same instant, while another advances past it: Akka.TestKit's scheduler loses some of them.</summary>
    [Fact]
    public async Task run_every_timer_that_is_scheduled_while_time_advances()
    {
        const int Each = 50_000;
        var ran = 0;
        var tasks = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
                _scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(1), () => Interlocked.Increment(ref ran));
        })).ToList();
        var all = Task.WhenAll(tasks);
        while (!all.IsCompleted)
            _scheduler.Advance(TimeSpan.FromMilliseconds(1));
        await all;
        _scheduler.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(2 * Each, ran);
    }

    [Fact]
    public void run_timers_in_the_order_of_their_times_each_at_its_own_time()
    {
        var ran = new List<(string, int)>();
        void At(int milliseconds, string name) =>
            _scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(milliseconds), () => ran.Add((name, (int)_scheduler.MonotonicClock.TotalMilliseconds)));
        At(30, "late");
        At(10, "first");
        At(10, "second");
        _scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(20), () => At(5, "nested"));

        _scheduler.Advance(TimeSpan.FromMilliseconds(29));
        Assert.Equal([("first", 10), ("second", 10), ("nested", 25)], ran);
        Assert.Equal(TimeSpan.FromMilliseconds(29), _scheduler.MonotonicClock);
        _scheduler.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(("late", 30), ran[^1]);
    }

    [Fact]
    public void repeat_a_timer_until_it_is_cancelled()
    {
        var count = 0;
        var cancelable = new Cancelable(_scheduler.Advanced);
        _scheduler.Advanced.ScheduleRepeatedly(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), () => count++, cancelable);

        _scheduler.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(3, count);
        cancelable.Cancel();
        _scheduler.Advance(TimeSpan.FromDays(1));
        Assert.Equal(3, count);
    }
}
