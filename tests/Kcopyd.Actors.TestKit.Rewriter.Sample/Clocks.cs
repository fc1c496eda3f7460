using System.Diagnostics;

namespace RewriterSample;

public static class Clocks
{
    public static DateTime UtcNow() => DateTime.UtcNow;

    public static DateTime Now() => DateTime.Now;

    public static DateTime Today() => DateTime.Today;

    public static DateTimeOffset OffsetUtcNow() => DateTimeOffset.UtcNow;

    public static DateTimeOffset OffsetNow() => DateTimeOffset.Now;

    public static int TickCount() => Environment.TickCount;

    public static long TickCount64() => Environment.TickCount64;

    public static TimeSpan SinceBoot() => Stopwatch.GetElapsedTime(0);

    public static long Timestamp() => Stopwatch.GetTimestamp();

    public static TimeProvider System() => TimeProvider.System;

    /// <summary>A delegate to a static property: <c>ldftn</c>.</summary>
    public static Func<long> ClockAsDelegate() => Stopwatch.GetTimestamp;

    public static IEnumerable<DateTime> Twice()
    {
        yield return DateTime.UtcNow;
        yield return DateTime.UtcNow;
    }

    public static async Task<DateTime> Later()
    {
        await Task.Delay(1000);
        return DateTime.UtcNow;
    }
}
