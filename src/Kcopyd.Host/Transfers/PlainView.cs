using System.Diagnostics;
using System.Globalization;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Host.Transfers;

/// <summary>A line for each destination, every few seconds.</summary>
internal sealed class PlainView(TextWriter writer, TimeSpan interval) : ProgressView
{
    public override async Task WatchAsync(Task work, LatestProgress progress, TransferResult result)
    {
        var started = Stopwatch.GetTimestamp();
        while (await RunsAfterAsync(work, interval).ConfigureAwait(false))
        {
            for (var i = 0; i < result.Plan.Destinations.Count; i++)
                await writer.WriteLineAsync(Line(result.Plan.Destinations[i].Target.Path, progress[i], progress.State, result.Wanted, Stopwatch.GetElapsedTime(started))).ConfigureAwait(false);
        }
    }

    internal static string Line(string path, DestinationProgress destination, JobState state, long length, TimeSpan elapsed)
    {
        var rate = destination.Bytes / Math.Max(elapsed.TotalSeconds, 1e-3);
        var left = rate > 0 ? $"{TimeSpan.FromSeconds(Math.Ceiling(Math.Min((length - destination.Bytes) / rate, 359_999))):c} left" : "waiting";
        return string.Create(CultureInfo.InvariantCulture,
            $"{path}: {ByteSize.Format(destination.Bytes)} of {ByteSize.Format(length)}, {ByteSize.Format(rate)}/s, {(state is JobState.Running or JobState.Completed ? left : state.ToString().ToLowerInvariant())}{(destination.Fault is null ? "" : ", FAILING")}");
    }
}
