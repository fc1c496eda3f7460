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
        var compare = new Option<bool>("--compare") { Description = "Read both, and print only the 512-byte sectors that really differ." };
        var command = new Command("diff", "Prints where snapshot and origin differ: OFFSET LENGTH in bytes, a line for each range. What an incremental backup has to take.")
        {
            origin, cow, compare,
        };
        acceptance.AddTo(command);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), false, [parsed.GetRequiredValue(cow)], false, console).ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            var (target, store) = files.All[1];
            var contents = await StoreCommand.ReadAsync(target, store, files.Origin.Length, OriginIdentity.Of(files.Origin), acceptance.Read(parsed)).ConfigureAwait(false);
            if (contents.Status.State == SnapshotState.Invalid)
                throw new FailureException(StoreErrors.Invalid(contents.Status));
            var ranges = parsed.GetValue(compare)
                ? await ChangedRange.SectorsAsync(contents, files.Origin, store, cancellationToken).ConfigureAwait(false)
                : [.. ChangedRange.Chunks(contents, files.Origin.Length)];
            if (parsed.GetValue(json))
            {
                await console.Out.WriteLineAsync(SnapshotJson.Of(new DiffReport(contents.Status.ChunkSize, ranges.Sum(range => range.Length), ranges))).ConfigureAwait(false);
                return ExitCodes.Success;
            }
            foreach (var (offset, length) in ranges)
                await console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{offset} {length}")).ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }
}
