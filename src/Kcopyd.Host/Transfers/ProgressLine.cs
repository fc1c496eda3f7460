using System.Globalization;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>How far something is, in a line.</summary>
internal static class ProgressLine
{
    private static readonly TimeSpan LongestTime = TimeSpan.FromHours(100) - TimeSpan.FromSeconds(1);

    /// <summary>Makes the line.</summary>
    /// <param name="name">What it is about.</param>
    /// <param name="done">Bytes that are done, and the first error.</param>
    /// <param name="state">What is being done.</param>
    /// <param name="wanted">Bytes that will be done; negative if nobody knows.</param>
    /// <param name="elapsed">Since the begin.</param>
    /// <param name="rate">Bytes a second at the moment.</param>
    public static string Of(string name, DestinationProgress done, JobState state, long wanted, TimeSpan elapsed, double rate)
    {
        if (wanted < 0)
            return string.Create(CultureInfo.InvariantCulture, $"{name}: {ByteSize.Format(done.Bytes)}, {ByteSize.Format(rate)}/s now, {ByteSize.Format(done.Bytes / Math.Max(elapsed.TotalSeconds, 1e-3))}/s on average{(done.Fault is null ? "" : ", FAILING")}");
        var mean = done.Bytes / Math.Max(elapsed.TotalSeconds, 1e-3);
        var left = mean > 0 ? TimeSpan.FromSeconds(Math.Ceiling(Math.Min((wanted - done.Bytes) / mean, LongestTime.TotalSeconds))).ToString("c") + " left" : "waiting";
        var percent = wanted == 0 ? 100 : Math.Floor(100.0 * done.Bytes / wanted);
        return string.Create(CultureInfo.InvariantCulture,
            $"{name}: {ByteSize.FormatPart(done.Bytes, wanted)} of {ByteSize.Format(wanted)} ({percent:0} %), {ByteSize.Format(rate)}/s now, {ByteSize.Format(mean)}/s on average, {(state is JobState.Running or JobState.Completed ? left : state.ToString().ToLowerInvariant())}{(done.Fault is null ? "" : ", FAILING")}");
    }
}

/// <summary>Bytes a second, between two looks.</summary>
internal sealed class RateMeter
{
    private long _bytes;
    private TimeSpan _at;

    /// <summary>What was done a second since the last look.</summary>
    public double Look(long bytes, TimeSpan now)
    {
        var rate = (bytes - _bytes) / Math.Max((now - _at).TotalSeconds, 1e-3);
        (_bytes, _at) = (bytes, now);
        return Math.Max(0, rate);
    }
}
