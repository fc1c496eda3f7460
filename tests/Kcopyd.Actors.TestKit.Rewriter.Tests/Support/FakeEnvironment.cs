using Kcopyd.Actors.TestKit.Intercepts;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests.Support;

/// <summary>A simulation whose time passes when the test says so.</summary>
public sealed class FakeEnvironment(int seed = 1) : TimeProvider, ISimulatedEnvironment
{
    public static readonly DateTimeOffset Epoch = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly List<FakeTimer> _timers = [];

    public DateTimeOffset UtcNow => Epoch + TimeSpan.FromTicks(Timestamp);

    public long Timestamp { get; private set; }

    public Random Random { get; } = new(seed);

    public TimeProvider Time => this;

    public List<TimeSpan> Slept { get; } = [];

    public List<string> Left { get; } = [];

    public int ActiveTimers => _timers.Count;

    public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("fake", TimeSpan.FromHours(5), "fake", "fake");

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Sleep(TimeSpan duration) => Slept.Add(duration);

    /// <summary>The thing that happens while code waits.</summary>
    public Action? WhileWaiting { get; set; }

    public void WaitUntil(Func<bool> condition, TimeSpan timeout)
    {
        if (condition())
            return;
        Slept.Add(timeout);
        WhileWaiting?.Invoke();
    }

    public void LeftSimulation(string what) => Left.Add(what);

    public override DateTimeOffset GetUtcNow() => UtcNow;

    public override long GetTimestamp() => Timestamp;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass and fires what becomes due, on this thread and in the simulation.</summary>
    public void Advance(double seconds)
    {
        var end = Timestamp + TimeSpan.FromSeconds(seconds).Ticks;
        using (Interception.Enter(this))
        {
            while (_timers.Where(t => t.Due <= end).MinBy(t => t.Due) is { } timer)
            {
                Timestamp = timer.Due;
                timer.Fire();
            }
            Timestamp = end;
        }
    }

    private sealed class FakeTimer(FakeEnvironment environment, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            environment._timers.Remove(this);
            _period = period;
            Due = environment.Timestamp + dueTime.Ticks;
            if (dueTime != Timeout.InfiniteTimeSpan)
                environment._timers.Add(this);
            return true;
        }

        public void Fire()
        {
            Change(_period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : _period, _period);
            callback(state);
        }

        public void Dispose() => environment._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
