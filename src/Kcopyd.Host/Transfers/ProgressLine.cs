using System.Globalization;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>Formats progress as a line.</summary>
internal static class ProgressLine
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromHours(100) - TimeSpan.FromSeconds(1);

    /// <summary>Formats the line.</summary>
    /// <param name="name">The name of the destination.</param>
    /// <param name="done">The completed bytes and the first error.</param>
    /// <param name="state">The state of the running job.</param>
    /// <param name="wanted">The total number of bytes; negative if it is unknown.</param>
    /// <param name="elapsed">The time since the start.</param>
    /// <param name="rate">The current rate in bytes per second.</param>
    public static string Of(string name, DestinationProgress done, JobState state, long wanted, TimeSpan elapsed, double rate)
    {
        var mean = done.Bytes / Math.Max(elapsed.TotalSeconds, 1e-3);
        var rates = $"{ByteSize.Format(rate)}/s now, {ByteSize.Format(mean)}/s on average";
        var failing = done.Fault is null ? "" : ", FAILING";
        if (wanted < 0)
            return $"{name}: {ByteSize.Format(done.Bytes)}, {rates}{failing}";
        var left = mean > 0
            ? TimeSpan.FromSeconds(Math.Ceiling(Math.Min((wanted - done.Bytes) / mean, MaxTime.TotalSeconds))).ToString("c") + " left"
            : "waiting";
        var percent = wanted == 0 ? 100 : Math.Floor(100.0 * done.Bytes / wanted);
        var status = state is JobState.Running or JobState.Completed ? left : state.ToString().ToLowerInvariant();
        return string.Create(CultureInfo.InvariantCulture,
            $"{name}: {ByteSize.FormatPart(done.Bytes, wanted)} of {ByteSize.Format(wanted)} ({percent:0} %), {rates}, {status}{failing}");
    }
}

/// <summary>Measures bytes per second between two calls.</summary>
internal sealed class RateMeter
{
    private long _bytes;
    private TimeSpan _at;

    /// <summary>Returns the bytes per second since the previous call.</summary>
    public double Look(long bytes, TimeSpan now)
    {
        var rate = (bytes - _bytes) / Math.Max((now - _at).TotalSeconds, 1e-3);
        (_bytes, _at) = (bytes, now);
        return Math.Max(0, rate);
    }
}
