using System.CommandLine;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot merge ORIGIN COW</c></summary>
internal static class MergeCommand
{
    public static Command Create(CommandConsole console)
    {
        var (origin, cow, more) = (SnapshotArguments.Origin(), SnapshotArguments.Cow(), SnapshotArguments.MoreCows());
        var (progress, json) = (SnapshotArguments.Progress(), SnapshotArguments.Json());
        var command = new Command("merge", "Writes the snapshot back: ORIGIN becomes what the snapshot shows, and COW becomes empty. Interrupted at any point, it goes on when it is begun again.")
        {
            origin, cow, more, progress, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] cows = [parsed.GetRequiredValue(cow), .. parsed.GetValue(more)!];
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), writesOrigin: true, cows, writesCows: true, console).ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            var opened = await OpenSnapshots.OpenAsync(files, new SnapshotOptions { Mode = StoreMode.Open }).ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);

            var status = await opened.First.GetStatusAsync().ConfigureAwait(false);
            var watched = new MergeWatch(files.Origin.Name, status.Exceptions, status.ChunkSize);
            var merge = opened.First.MergeAsync(watched, cancellationToken);
            await watched.WatchAsync(merge, parsed.GetValue(progress), console).ConfigureAwait(false);
            var result = await merge.ConfigureAwait(false);
            await DeviceLoops.FlushAsync(opened.Origin).ConfigureAwait(false);
            return await ReportAsync(opened, result, parsed.GetValue(json), files, console).ConfigureAwait(false);
        });
        return command;
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
        foreach (var told in statuses.Skip(1).Select(StoreErrors.After).OfType<string>())
            await console.Error.WriteLineAsync($"kcopyd: {told}").ConfigureAwait(false);
        await console.Out.WriteLineAsync(json
            ? SnapshotJson.Of(new MergeReport(result.Merged, result.Remaining, result.IsComplete, error, [.. statuses.Select(StatusReport.Of)]))
            : $"merged {result.Merged} chunks of {ByteSize.Format(statuses[0].ChunkSize)} into {files.Origin.Name}; {result.Remaining} are left\n{statuses[0]}").ConfigureAwait(false);
        return isCancelled ? ExitCodes.Interrupted : error is null && !statuses.Skip(1).Any(StoreErrors.IsBroken) ? ExitCodes.Success : ExitCodes.Errors;
    }
}
