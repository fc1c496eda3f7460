using System.Diagnostics;

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>
/// Stopwatches. The objects stay <see cref="Stopwatch"/>es, which may be passed to any assembly; only the readings of rewritten code are virtual.
/// </summary>
/// <remarks>Replacing the type instead would break every signature that mentions it and that an assembly that is not rewritten calls. In a simulation, a
/// stopwatch that was started before counts from the beginning of the simulation, and what it had measured until then counts as zero: both must not depend on
/// real time. The stopwatch itself is started and stopped too, so that it keeps running after the simulation.</remarks>
public static class StopwatchCalls
{
    /// <inheritdoc cref="Stopwatch.StartNew"/>
    [Replaces(typeof(Stopwatch), "StartNew")]
    public static Stopwatch StartNew()
    {
        var stopwatch = new Stopwatch();
        Start(stopwatch);
        return stopwatch;
    }

    /// <inheritdoc cref="Stopwatch.Start"/>
    [Replaces(typeof(Stopwatch), "Start")]
    public static void Start(Stopwatch stopwatch)
    {
        if (!stopwatch.IsRunning && Interception.Here("Stopwatch.Start") is { } state)
            Reading(state, stopwatch).Started = state.Environment.Timestamp;
        stopwatch.Start();
    }

    /// <inheritdoc cref="Stopwatch.Stop"/>
    [Replaces(typeof(Stopwatch), "Stop")]
    public static void Stop(Stopwatch stopwatch)
    {
        if (stopwatch.IsRunning && Interception.Here("Stopwatch.Stop") is { } state)
            Reading(state, stopwatch).Accumulated = Ticks(state, stopwatch);
        stopwatch.Stop();
    }

    /// <inheritdoc cref="Stopwatch.Reset"/>
    [Replaces(typeof(Stopwatch), "Reset")]
    public static void Reset(Stopwatch stopwatch)
    {
        stopwatch.Reset();
        if (Interception.Here("Stopwatch.Reset") is { } state)
            Reading(state, stopwatch).Accumulated = 0;
    }

    /// <inheritdoc cref="Stopwatch.Restart"/>
    [Replaces(typeof(Stopwatch), "Restart")]
    public static void Restart(Stopwatch stopwatch)
    {
        stopwatch.Restart();
        if (Interception.Here("Stopwatch.Restart") is not { } state)
            return;
        var reading = Reading(state, stopwatch);
        reading.Accumulated = 0;
        reading.Started = state.Environment.Timestamp;
    }

    /// <inheritdoc cref="Stopwatch.Elapsed"/>
    [Replaces(typeof(Stopwatch), "get_Elapsed")]
    public static TimeSpan Elapsed(Stopwatch stopwatch) =>
        Interception.Here("Stopwatch.Elapsed") is { } state ? new TimeSpan(Ticks(state, stopwatch)) : stopwatch.Elapsed;

    /// <inheritdoc cref="Stopwatch.ElapsedMilliseconds"/>
    [Replaces(typeof(Stopwatch), "get_ElapsedMilliseconds")]
    public static long ElapsedMilliseconds(Stopwatch stopwatch) =>
        Interception.Here("Stopwatch.ElapsedMilliseconds") is { } state
            ? Ticks(state, stopwatch) / TimeSpan.TicksPerMillisecond
            : stopwatch.ElapsedMilliseconds;

    /// <inheritdoc cref="Stopwatch.ElapsedTicks"/>
    [Replaces(typeof(Stopwatch), "get_ElapsedTicks")]
    public static long ElapsedTicks(Stopwatch stopwatch) =>
        Interception.Here("Stopwatch.ElapsedTicks") is { } state ? RawTicks(Ticks(state, stopwatch)) : stopwatch.ElapsedTicks;

    /// <summary>From units of 100 ns to those of <see cref="Stopwatch.Frequency"/>, a field that rewritten code reads unchanged.</summary>
    internal static long RawTicks(long ticks) => (long)((Int128)ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond);

    private static StopwatchReading Reading(SimulationState state, Stopwatch stopwatch)
    {
        if (state.Stopwatches.TryGetValue(stopwatch, out var reading))
            return reading;
        reading = new StopwatchReading(state.Begin);
        state.Stopwatches.Add(stopwatch, reading);
        return reading;
    }

    private static long Ticks(SimulationState state, Stopwatch stopwatch)
    {
        var running = stopwatch.IsRunning;
        var reading = Reading(state, stopwatch);
        return reading.Accumulated + (running ? state.Environment.Timestamp - reading.Started : 0);
    }
}
