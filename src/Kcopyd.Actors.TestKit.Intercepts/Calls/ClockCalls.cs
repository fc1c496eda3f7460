using System.Diagnostics;

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>The wall clock and the monotonic clock.</summary>
public static class ClockCalls
{
    /// <inheritdoc cref="DateTime.UtcNow"/>
    [Replaces(typeof(DateTime), "get_UtcNow")]
    public static DateTime DateTimeUtcNow() => Interception.Here() is { } state ? state.Environment.UtcNow.UtcDateTime : DateTime.UtcNow;

    /// <inheritdoc cref="DateTime.Now"/>
    [Replaces(typeof(DateTime), "get_Now")]
    public static DateTime DateTimeNow() => Interception.Here() is { } state ? LocalDateTime(state) : DateTime.Now;

    /// <inheritdoc cref="DateTime.Today"/>
    [Replaces(typeof(DateTime), "get_Today")]
    public static DateTime DateTimeToday() => Interception.Here() is { } state ? LocalDateTime(state).Date : DateTime.Today;

    /// <inheritdoc cref="DateTimeOffset.UtcNow"/>
    [Replaces(typeof(DateTimeOffset), "get_UtcNow")]
    public static DateTimeOffset DateTimeOffsetUtcNow() =>
        Interception.Here() is { } state ? state.Environment.UtcNow.ToUniversalTime() : DateTimeOffset.UtcNow;

    /// <inheritdoc cref="DateTimeOffset.Now"/>
    [Replaces(typeof(DateTimeOffset), "get_Now")]
    public static DateTimeOffset DateTimeOffsetNow() => Interception.Here() is { } state ? Local(state) : DateTimeOffset.Now;

    /// <inheritdoc cref="Environment.TickCount"/>
    [Replaces(typeof(Environment), "get_TickCount")]
    public static int EnvironmentTickCount() =>
        Interception.Here() is { } state ? unchecked((int)(state.Environment.Timestamp / TimeSpan.TicksPerMillisecond)) : Environment.TickCount;

    /// <inheritdoc cref="Environment.TickCount64"/>
    [Replaces(typeof(Environment), "get_TickCount64")]
    public static long EnvironmentTickCount64() =>
        Interception.Here() is { } state ? state.Environment.Timestamp / TimeSpan.TicksPerMillisecond : Environment.TickCount64;

    /// <inheritdoc cref="Stopwatch.GetTimestamp"/>
    [Replaces(typeof(Stopwatch), "GetTimestamp")]
    public static long StopwatchGetTimestamp() =>
        Interception.Here() is { } state ? StopwatchCalls.RawTicks(state.Environment.Timestamp) : Stopwatch.GetTimestamp();

    /// <inheritdoc cref="Stopwatch.GetElapsedTime(long)"/>
    [Replaces(typeof(Stopwatch), "GetElapsedTime")]
    public static TimeSpan StopwatchGetElapsedTime(long startingTimestamp) => Stopwatch.GetElapsedTime(startingTimestamp, StopwatchGetTimestamp());

    /// <summary>A time provider that is the simulation's on a thread in a simulation, and the system's elsewhere, so that it may be kept in a static field.</summary>
    [Replaces(typeof(TimeProvider), "get_System")]
    public static TimeProvider TimeProviderSystem() => Ambient.AmbientTimeProvider.Instance;

    private static DateTimeOffset Local(SimulationState state) =>
        TimeZoneInfo.ConvertTime(state.Environment.UtcNow, state.Environment.Time.LocalTimeZone);

    private static DateTime LocalDateTime(SimulationState state) => DateTime.SpecifyKind(Local(state).DateTime, DateTimeKind.Local);
}
