using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot rollback ORIGIN COW</c></summary>
/// <remarks>A merge that first reports what it discards, and requires confirmation. The snapshot stays, empty: it keeps the content that the origin has after
/// the rollback, and can be rolled back to again.</remarks>
internal static class RollbackCommand
{
    public static Command Create(CommandConsole console)
    {
        var (origin, cow) = (SnapshotArguments.Origin(), SnapshotArguments.Cow());
        var (more, ignoreUnnamed) = (SnapshotArguments.MoreCows(), SnapshotArguments.IgnoreUnnamed());
        var (progress, json) = (SnapshotArguments.Progress(), SnapshotArguments.Json());
        var dryRun = new Option<bool>("--dry-run") { Description = "Report how much of ORIGIN would be overwritten, and change nothing." };
        var discard = new Option<bool>("--discard")
        {
            Description = "Discard what was written to ORIGIN since the snapshot was taken. Without this option, nothing is changed.",
        };
        var acceptance = new AcceptanceOptions();
        var command = new Command("rollback",
            "Goes back to the snapshot: ORIGIN gets the content of the snapshot, and what was written to it since is lost. "
                + "The snapshot stays, and can be rolled back to again.")
        {
            origin, cow, more, ignoreUnnamed, dryRun, discard,
        };
        acceptance.AddTo(command, hasTruncated: false);
        command.Add(progress);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var writes = parsed.GetValue(discard) && !parsed.GetValue(dryRun);
            string[] cows = [parsed.GetRequiredValue(cow), .. parsed.GetValue(more)!];
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), writes, cows, writes, console).ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            if (!parsed.GetValue(ignoreUnnamed))
                await OriginStores.CheckAllNamedAsync(files.All[0], files.All, static path => $"--cow '{path}'").ConfigureAwait(false);
            var opened = await OpenSnapshots.OpenAsync(files, acceptance.Read(parsed).Open, writes ? SnapshotUse.Merge : SnapshotUse.Snapshots)
                .ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            if (writes)
            {
                return await MergeRun.RunAsync(files, opened, parsed.GetValue(progress), parsed.GetValue(json), console, cancellationToken)
                    .ConfigureAwait(false);
            }

            var status = await opened.First.GetStatusAsync(CancellationToken.None).ConfigureAwait(false);
            var lost = Lost(status, files.Origin.Name);
            if (!parsed.GetValue(dryRun))
                throw new UsageException($"{lost} To discard it: --discard. To keep it, take a snapshot of the present state first, and name it with --cow.");
            await console.Out.WriteLineAsync(parsed.GetValue(json) ? SnapshotJson.Of(StatusReport.Of(status)) : lost).ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    private static string Lost(SnapshotStatus status, string origin) => string.Create(CultureInfo.InvariantCulture,
        $"{status.Exceptions} chunks of {origin}, {ByteSize.Format((double)status.Exceptions * status.ChunkSize)}, "
            + $"become what they were in the snapshot {status.Name}, and what they hold now is lost.");
}
