namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>
/// Timers. The objects stay <see cref="Timer"/>s, which may be passed to any assembly; in a simulation the object never fires, and a virtual timer does.
/// </summary>
public static class TimerCalls
{
    /// <inheritdoc cref="Timer(TimerCallback)"/>
    [Replaces(typeof(Timer), ".ctor")]
    public static Timer NewTimer(TimerCallback callback)
    {
        var timer = new Timer(callback);
        if (Interception.Here("new Timer") is { } state)
            state.Timers.Add(timer, state.Environment.Time.CreateTimer(callback, timer, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        return timer;
    }

    /// <inheritdoc cref="Timer(TimerCallback, object, int, int)"/>
    [Replaces(typeof(Timer), ".ctor")]
    public static Timer NewTimer(TimerCallback callback, object? argument, int dueTime, int period) =>
        NewTimer(callback, argument, Milliseconds(dueTime), Milliseconds(period));

    /// <inheritdoc cref="Timer(TimerCallback, object, long, long)"/>
    [Replaces(typeof(Timer), ".ctor")]
    public static Timer NewTimer(TimerCallback callback, object? argument, long dueTime, long period) =>
        NewTimer(callback, argument, Milliseconds(dueTime), Milliseconds(period));

    /// <inheritdoc cref="Timer(TimerCallback, object, uint, uint)"/>
    [Replaces(typeof(Timer), ".ctor")]
    public static Timer NewTimer(TimerCallback callback, object? argument, uint dueTime, uint period) =>
        NewTimer(callback, argument, Milliseconds(dueTime), Milliseconds(period));

    /// <inheritdoc cref="Timer(TimerCallback, object, TimeSpan, TimeSpan)"/>
    [Replaces(typeof(Timer), ".ctor")]
    public static Timer NewTimer(TimerCallback callback, object? argument, TimeSpan dueTime, TimeSpan period)
    {
        if (Interception.Here("new Timer") is not { } state)
            return new Timer(callback, argument, dueTime, period);
        var timer = new Timer(callback, argument, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        state.Timers.Add(timer, state.Environment.Time.CreateTimer(callback, argument, dueTime, period));
        return timer;
    }

    /// <inheritdoc cref="Timer.Change(int, int)"/>
    [Replaces(typeof(Timer), "Change")]
    public static bool Change(Timer timer, int dueTime, int period) => Change(timer, Milliseconds(dueTime), Milliseconds(period));

    /// <inheritdoc cref="Timer.Change(long, long)"/>
    [Replaces(typeof(Timer), "Change")]
    public static bool Change(Timer timer, long dueTime, long period) => Change(timer, Milliseconds(dueTime), Milliseconds(period));

    /// <inheritdoc cref="Timer.Change(uint, uint)"/>
    [Replaces(typeof(Timer), "Change")]
    public static bool Change(Timer timer, uint dueTime, uint period) => Change(timer, Milliseconds(dueTime), Milliseconds(period));

    /// <inheritdoc cref="Timer.Change(TimeSpan, TimeSpan)"/>
    [Replaces(typeof(Timer), "Change")]
    public static bool Change(Timer timer, TimeSpan dueTime, TimeSpan period)
    {
        if (Interception.Here("Timer.Change") is not { } state)
            return timer.Change(dueTime, period);
        if (state.Timers.TryGetValue(timer, out var simulated))
            return simulated.Change(dueTime, period);
        state.Environment.LeftSimulation("Timer.Change of a timer that was created outside the simulation");
        return timer.Change(dueTime, period);
    }

    /// <inheritdoc cref="Timer.Dispose()"/>
    [Replaces(typeof(Timer), "Dispose")]
    public static void Dispose(Timer timer)
    {
        DisposeSimulated(timer);
        timer.Dispose();
    }

    /// <inheritdoc cref="Timer.Dispose(WaitHandle)"/>
    [Replaces(typeof(Timer), "Dispose")]
    public static bool Dispose(Timer timer, WaitHandle notifyObject)
    {
        DisposeSimulated(timer);
        return timer.Dispose(notifyObject);
    }

    /// <inheritdoc cref="Timer.DisposeAsync"/>
    [Replaces(typeof(Timer), "DisposeAsync")]
    public static ValueTask DisposeAsync(Timer timer)
    {
        DisposeSimulated(timer);
        return timer.DisposeAsync();
    }

    /// <summary>A <c>using</c> statement disposes its timer through the interface.</summary>
    [Replaces(typeof(IDisposable), "Dispose", OnlyWith = typeof(Timer))]
    public static void Dispose(IDisposable disposable)
    {
        if (disposable is Timer timer)
            DisposeSimulated(timer);
        disposable.Dispose();
    }

    /// <summary>An <c>await using</c> statement disposes its timer through the interface.</summary>
    [Replaces(typeof(IAsyncDisposable), "DisposeAsync", OnlyWith = typeof(Timer))]
    public static ValueTask DisposeAsync(IAsyncDisposable disposable)
    {
        if (disposable is Timer timer)
            DisposeSimulated(timer);
        return disposable.DisposeAsync();
    }

    /// <inheritdoc cref="PeriodicTimer(TimeSpan)"/>
    [Replaces(typeof(PeriodicTimer), ".ctor")]
    public static PeriodicTimer NewPeriodicTimer(TimeSpan period) =>
        Interception.Here("new PeriodicTimer") is { } state ? new PeriodicTimer(period, state.Environment.Time) : new PeriodicTimer(period);

    private static void DisposeSimulated(Timer timer)
    {
        if (Interception.Here("Timer.Dispose") is { } state && state.Timers.TryGetValue(timer, out var simulated))
            simulated.Dispose();
    }

    private static TimeSpan Milliseconds(long value) => TimeSpan.FromMilliseconds(value);

    private static TimeSpan Milliseconds(uint value) => value == uint.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds((long)value);
}
