using Kcopyd.Actors.TestKit.Intercepts.Ambient;

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>Cancellation after a time.</summary>
public static class CancellationCalls
{
    /// <inheritdoc cref="CancellationTokenSource()"/>
    [Replaces(typeof(CancellationTokenSource), ".ctor")]
    public static CancellationTokenSource NewSource() =>
        Interception.Here("new CancellationTokenSource") is null ? new CancellationTokenSource() : new SimulatedCancellationTokenSource();

    /// <inheritdoc cref="CancellationTokenSource(int)"/>
    [Replaces(typeof(CancellationTokenSource), ".ctor")]
    public static CancellationTokenSource NewSource(int millisecondsDelay) => NewSource(TimeSpan.FromMilliseconds(millisecondsDelay));

    /// <inheritdoc cref="CancellationTokenSource(TimeSpan)"/>
    [Replaces(typeof(CancellationTokenSource), ".ctor")]
    public static CancellationTokenSource NewSource(TimeSpan delay)
    {
        if (Interception.Here("new CancellationTokenSource") is not { } state)
            return new CancellationTokenSource(delay);
        var source = new SimulatedCancellationTokenSource();
        if (delay == TimeSpan.Zero)
            source.Cancel();
        else
            source.CancelAfter(Checked(delay), state.Environment.Time);
        return source;
    }

    /// <inheritdoc cref="CancellationTokenSource.CancelAfter(int)"/>
    [Replaces(typeof(CancellationTokenSource), "CancelAfter")]
    public static void CancelAfter(CancellationTokenSource source, int millisecondsDelay) =>
        CancelAfter(source, TimeSpan.FromMilliseconds(millisecondsDelay));

    /// <inheritdoc cref="CancellationTokenSource.CancelAfter(TimeSpan)"/>
    [Replaces(typeof(CancellationTokenSource), "CancelAfter")]
    public static void CancelAfter(CancellationTokenSource source, TimeSpan delay)
    {
        if (Interception.Here("CancellationTokenSource.CancelAfter") is not { } state)
        {
            source.CancelAfter(delay);
            return;
        }
        // throws if the source is disposed
        if (source.Token.IsCancellationRequested)
            return;
        if (source is SimulatedCancellationTokenSource simulated)
            simulated.CancelAfter(Checked(delay), state.Environment.Time);
        else if (state.CancellationTimers.TryGetValue(source, out var timer))
            timer.Change(Checked(delay), Timeout.InfiniteTimeSpan);
        else
            state.CancellationTimers.Add(source, NewTimer(source, Checked(delay), state.Environment.Time));
    }

    /// <inheritdoc cref="CancellationTokenSource.TryReset"/>
    [Replaces(typeof(CancellationTokenSource), "TryReset")]
    public static bool TryReset(CancellationTokenSource source)
    {
        if (Interception.Here("CancellationTokenSource.TryReset") is { } state)
        {
            if (source is SimulatedCancellationTokenSource simulated)
                simulated.StopTimer();
            else if (state.CancellationTimers.TryGetValue(source, out var timer))
                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        return source.TryReset();
    }

    internal static ITimer NewTimer(CancellationTokenSource source, TimeSpan delay, TimeProvider time) =>
        time.CreateTimer(static source => Cancel((CancellationTokenSource)source!), source, delay, Timeout.InfiniteTimeSpan);

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // A linked source does not tell us when it is disposed; the timer that .NET gives it would be gone by now.
        }
    }

    private static TimeSpan Checked(TimeSpan delay)
    {
        var milliseconds = (long)delay.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, nameof(delay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, uint.MaxValue - 1, nameof(delay));
        return delay;
    }
}
