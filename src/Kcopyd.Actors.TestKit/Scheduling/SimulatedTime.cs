namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>The clock and the timers of a process, or of the world.</summary>
internal sealed class SimulatedTime(Engine engine, Process? process) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => process?.UtcNow ?? Engine.Epoch + engine.Now;

    public override long GetTimestamp() => (process?.Elapsed ?? engine.Now).Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void After(TimeSpan delay, object work)
    {
        if (process is null)
            engine.After(delay, null, work);
        else
            process.After(delay, work);
    }

    private sealed class SimulatedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _version;       // timers of earlier versions do nothing
        private bool _isDisposed;

        // Such as Task.Delay, WaitAsync and CancelAfter, which complete a task. Code of the test, on the other hand, may await something.
        private bool IsOfRuntime => callback.Method.Module == typeof(Task).Module;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
                return false;
            _version++;
            if (dueTime != Timeout.InfiniteTimeSpan)
                Start(_version, dueTime, period);
            return true;
        }

        public void Dispose()
        {
            _isDisposed = true;
            _version++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Start(int version, TimeSpan delay, TimeSpan period)
        {
            Action fire = () => Fire(version, period);
            time.After(delay, IsOfRuntime ? new PlainStep(fire) : fire);
        }

        private void Fire(int version, TimeSpan period)
        {
            if (version != _version)
                return;
            if (period > TimeSpan.Zero)
                Start(version, period, period);
            callback(state);
        }
    }
}
