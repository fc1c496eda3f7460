using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Writes a snapshot back to its origin, for <c>merge</c> and <c>rollback</c>.</summary>
internal static class MergeRun
{
    /// <summary>Merges the first open snapshot, shows the progress, and reports the result.</summary>
    public static async Task<int> RunAsync(
        SnapshotFiles files, OpenSnapshots opened, ProgressMode progress, bool json, CommandConsole console, CancellationToken cancellationToken)
    {
        foreach (var notice in opened.All.Select(static one => one.Notice).OfType<string>())
            await console.Error.WriteLineAsync($"kcopyd: {notice}").ConfigureAwait(false);
        var status = await opened.First.GetStatusAsync(CancellationToken.None).ConfigureAwait(false);
        var watch = new WorkWatch(files.Origin.Name, status.Exceptions * status.ChunkSize);
        var merge = opened.First.MergeAsync(new Merged(watch, status.ChunkSize), cancellationToken);
        await watch.WatchAsync(merge, progress, console).ConfigureAwait(false);
        var result = await merge.ConfigureAwait(false);
        await DeviceLoops.FlushAsync(opened.Origin).ConfigureAwait(false);
        return await ReportAsync(opened, result, json, files, console).ConfigureAwait(false);
    }

    private static async Task<int> ReportAsync(OpenSnapshots opened, MergeResult result, bool json, SnapshotFiles files, CommandConsole console)
    {
        var statuses = await opened.GetStatusesAsync().ConfigureAwait(false);
        var isCancelled = result.Error == IoError.Cancelled;
        var again = $"{result.Remaining} chunks are still to be merged: run the same command again.";
        var error = result.IsComplete ? null
            : isCancelled ? $"interrupted; {again}"
            : $"{files.Cows.First().Name}: the merge failed: {result.Reason} ({result.Error}); {again}";
        if (error is not null)
            await console.Error.WriteLineAsync($"kcopyd: {error}").ConfigureAwait(false);
        foreach (var told in statuses.Skip(1).Select(StoreErrors.After).OfType<string>().Except(opened.All.Select(static one => one.Notice).OfType<string>()))
            await console.Error.WriteLineAsync($"kcopyd: {told}").ConfigureAwait(false);
        var unclosed = await opened.CloseAsync().ConfigureAwait(false);
        foreach (var told in unclosed)
            await console.Error.WriteLineAsync($"kcopyd: {told}").ConfigureAwait(false);
        await console.Out.WriteLineAsync(json
            ? SnapshotJson.Of(new MergeReport(result.Merged, result.Remaining, result.IsComplete, error, [.. statuses.Select(StatusReport.Of)]))
            : $"merged {result.Merged} chunks of {ByteSize.Format(statuses[0].ChunkSize)} into {files.Origin.Name}; {result.Remaining} are left\n{statuses[0]}")
            .ConfigureAwait(false);
        return isCancelled ? ExitCodes.Interrupted
            : error is not null || unclosed.Count > 0 ? ExitCodes.Errors
            : statuses.Skip(1).Any(StoreErrors.IsBroken) ? ExitCodes.SnapshotLost
            : ExitCodes.Success;
    }

    private sealed class Merged(WorkWatch watch, int chunkSize) : IProgress<MergeProgress>
    {
        public void Report(MergeProgress value) => watch.Bytes = value.Merged * chunkSize;
    }
}
