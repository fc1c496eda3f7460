using System.CommandLine;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot merge ORIGIN COW</c></summary>
internal static class MergeCommand
{
    public static Command Create(CommandConsole console)
    {
        var (origin, cow) = (SnapshotArguments.Origin(), SnapshotArguments.Cow());
        var (more, ignoreUnnamed) = (SnapshotArguments.MoreCows(), SnapshotArguments.IgnoreUnnamed());
        var (progress, json) = (SnapshotArguments.Progress(), SnapshotArguments.Json());
        var acceptance = new AcceptanceOptions();
        var command = new Command("merge",
            "Writes the snapshot back: ORIGIN gets the content of the snapshot, and COW becomes empty. "
                + "If it is interrupted at any point, run it again to continue.")
        {
            origin, cow, more, ignoreUnnamed,
        };
        acceptance.AddTo(command, hasTruncated: false);
        command.Add(progress);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] cows = [parsed.GetRequiredValue(cow), .. parsed.GetValue(more)!];
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), writesOrigin: true, cows, writesCows: true, console)
                .ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            if (!parsed.GetValue(ignoreUnnamed))
                await OriginStores.CheckAllNamedAsync(files.All[0], files.All, static path => $"--cow '{path}'").ConfigureAwait(false);
            var opened = await OpenSnapshots.OpenAsync(files, acceptance.Read(parsed).Open, SnapshotUse.Merge).ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            return await MergeRun.RunAsync(files, opened, parsed.GetValue(progress), parsed.GetValue(json), console, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }
}
