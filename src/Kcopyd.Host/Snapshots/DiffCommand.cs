using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot diff ORIGIN COW</c></summary>
internal static class DiffCommand
{
    public static Command Create(CommandConsole console)
    {
        var (origin, cow, acceptance, json) = (SnapshotArguments.Origin(), SnapshotArguments.Cow(), new AcceptanceOptions(), SnapshotArguments.Json());
        var compare = new Option<bool>("--compare") { Description = "Read both, and print only the 512-byte sectors that actually differ." };
        var serve = ControlClient.Option();
        var command = new Command("diff",
            "Prints where snapshot and origin differ: OFFSET LENGTH in bytes, one line per range. An incremental backup needs these ranges.")
        {
            origin, cow, compare, serve,
        };
        acceptance.AddTo(command);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(serve) is { } address)
            {
                if (parsed.GetValue(compare))
                    throw new UsageException("--compare reads both, and what is served changes in the meantime: leave it out.");
                if (acceptance.Read(parsed) != default)
                    throw new UsageException("with --serve, the server decides what it accepts: leave out the options for that.");
                var asked = new ControlRequest { Op = "diff", Origin = parsed.GetRequiredValue(origin), Cow = parsed.GetRequiredValue(cow) };
                return await AskAsync(address, asked, parsed.GetValue(json), console, cancellationToken).ConfigureAwait(false);
            }
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), false, [parsed.GetRequiredValue(cow)], false, console)
                .ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            var (operand, store) = files.All[1];
            var contents = await StoreCommand.ReadAsync(operand, store, files.Origin.Length, OriginIdentity.Of(files.Origin), acceptance.Read(parsed))
                .ConfigureAwait(false);
            if (contents.Status.State == SnapshotState.Invalid)
                throw new FailureException(StoreErrors.Invalid(contents.Status));
            var ranges = parsed.GetValue(compare)
                ? await ChangedRange.SectorsAsync(contents, files.Origin, store, cancellationToken).ConfigureAwait(false)
                : [.. ChangedRange.Chunks(contents, files.Origin.Length)];
            return await ReportAsync(contents.Status.ChunkSize, ranges, parsed.GetValue(json), console).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> AskAsync(string address, ControlRequest asked, bool json, CommandConsole console, CancellationToken cancellationToken)
    {
        if (asked.Origin!.Length == 0 || asked.Cow!.Length == 0)
            throw new UsageException($"{(asked.Origin.Length == 0 ? "ORIGIN" : "COW")} is empty: give a path.");
        asked = asked with { Origin = Path.GetFullPath(asked.Origin), Cow = Path.GetFullPath(asked.Cow) };
        var ranges = new List<ChangedRange>();
        while (true)
        {
            var page = (await ControlClient.SendAsync(address, asked, console, cancellationToken).ConfigureAwait(false)).Diff!;
            ranges.AddRange(page.Ranges);
            if (page.Next is not { } next)
                return await ReportAsync(page.ChunkSize, ranges, json, console).ConfigureAwait(false);
            asked = asked with { From = next };
        }
    }

    private static async Task<int> ReportAsync(int chunkSize, List<ChangedRange> ranges, bool json, CommandConsole console)
    {
        if (json)
        {
            var report = new DiffReport(chunkSize, ranges.Sum(static range => range.Length), ranges);
            await console.Out.WriteLineAsync(SnapshotJson.Of(report)).ConfigureAwait(false);
            return ExitCodes.Success;
        }
        foreach (var (offset, length) in ranges)
            await console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{offset} {length}")).ConfigureAwait(false);
        return ExitCodes.Success;
    }
}
