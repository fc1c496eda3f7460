using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot create ORIGIN COW</c></summary>
internal static class CreateCommand
{
    public static Command Create(CommandConsole console)
    {
        var (origin, cow) = (SnapshotArguments.Origin(), SnapshotArguments.Cow());
        var (chunk, size, store, json) = (SnapshotArguments.Chunk(), SnapshotArguments.Size(), SnapshotArguments.Store(), SnapshotArguments.Json());
        store.Description = "Which kind the kernel's table line that is printed names. It is not kept in the store: say it to 'write', too.";
        var force = new Option<bool>("--force") { Description = "Overwrite a store that is there already: the snapshot that it keeps is lost." };
        var command = new Command("create", "Takes a snapshot: from now on it shows what ORIGIN holds now, as long as whoever writes to ORIGIN does so through it.")
        {
            origin, cow, chunk, size, store, force, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var (originPath, kind) = (parsed.GetRequiredValue(origin), parsed.GetValue(store));
            var file = await NewStore.CreateAsync(originPath, parsed.GetRequiredValue(cow), parsed.GetValue(chunk), parsed.GetValue(size), parsed.GetValue(force), console).ConfigureAwait(false);
            var table = string.Create(CultureInfo.InvariantCulture,
                $"0 {file.OriginSectors} snapshot {Path.GetFullPath(originPath)} {Path.GetFullPath(file.Status.Name)} {(kind == StoreKind.PersistentOverflow ? "PO" : "P")} {file.Status.ChunkSize / 512}");
            await console.Out.WriteLineAsync(parsed.GetValue(json)
                ? SnapshotJson.Of(new CreateReport(StatusReport.Of(file.Status), table))
                : $"{file.Status.Name}: a snapshot of {originPath} in chunks of {ByteSize.Format(file.Status.ChunkSize)}; for the kernel: {table}\n{file.Status}").ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }
}
