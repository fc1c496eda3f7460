using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot list ORIGIN|COW</c></summary>
internal static class ListCommand
{
    public static Command Create(CommandConsole console)
    {
        var what = new Argument<string>("ORIGIN|COW") { Description = "A disk or image whose stores to find, or a store whose contents to print." };
        var folders = new Option<string[]>("--in")
        {
            Description = "Look for stores of ORIGIN in this folder, too; repeat it for more. The folder of ORIGIN is always searched.",
            HelpName = "DIR",
            DefaultValueFactory = _ => [],
        };
        var (acceptTruncated, json) = (SnapshotArguments.AcceptTruncated(), SnapshotArguments.Json());
        var command = new Command("list",
            "For an origin: finds its stores. For a store: prints its header, its metadata areas, and every exception: "
                + "the chunk of the origin, and its location in the store. Locks nothing.")
        {
            what, folders, acceptTruncated, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var (path, more) = (parsed.GetRequiredValue(what), parsed.GetValue(folders)!);
            var (truncated, isJson) = (parsed.GetValue(acceptTruncated), parsed.GetValue(json));
            if (path.Length == 0)
                throw new UsageException("ORIGIN|COW is empty: give a path.");
            if (more.Length == 0 && await IsStoreAsync(path).ConfigureAwait(false))
                return await ListStoreAsync(path, truncated, isJson, console).ConfigureAwait(false);
            return await ListOriginAsync(path, more, truncated, isJson, console).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<bool> IsStoreAsync(string path)
    {
        var device = DeviceOpening.Open(new Operand("ORIGIN|COW", path, 0, null), new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
        await using var lease = device.ConfigureAwait(false);
        return await SnapshotFiles.IsStoreAsync(device).ConfigureAwait(false);
    }

    private static async Task<int> ListOriginAsync(string path, string[] more, bool acceptTruncated, bool json, CommandConsole console)
    {
        if (Array.Find(more, static folder => !Directory.Exists(folder)) is { } missing)
            throw new UsageException($"--in '{missing}' is not a folder.");
        var operand = new Operand("ORIGIN", path, 0, null);
        var origin = DeviceOpening.Open(operand, new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
        await using var lease = origin.ConfigureAwait(false);
        SnapshotFiles.CheckOrigin(operand, origin);
        var stores = new List<SnapshotStoreContents>();
        var isBroken = false;
        foreach (var found in await OriginStores.FindAsync(origin, OriginStores.FoldersOf(path).Concat(more)).ConfigureAwait(false))
        {
            try
            {
                stores.Add(await StoreCommand.ReadAsync(found.Path, null, acceptTruncated).ConfigureAwait(false));
                isBroken |= stores[^1].Status.State == SnapshotState.Invalid;
            }
            catch (Exception unusable) when (unusable is UsageException or FailureException)
            {
                await console.Error.WriteLineAsync($"kcopyd: {unusable.Message}").ConfigureAwait(false);
                isBroken = true;
            }
        }
        await console.Out.WriteLineAsync(json ? SnapshotJson.Of(new StoresReport(path, [.. stores.Select(StatusReport.Of)]))
            : stores.Count == 0 ? $"no store of {path} was found"
            : string.Join('\n', stores.Select(StatusCommand.Summary))).ConfigureAwait(false);
        return isBroken ? ExitCodes.Errors : ExitCodes.Success;
    }

    private static async Task<int> ListStoreAsync(string path, bool acceptTruncated, bool json, CommandConsole console)
    {
        var contents = await StoreCommand.ReadAsync(path, null, acceptTruncated).ConfigureAwait(false);
        if (json)
            await console.Out.WriteLineAsync(SnapshotJson.Of(ListReport.Of(contents))).ConfigureAwait(false);
        else
            await WriteTextAsync(contents, console.Out).ConfigureAwait(false);
        return await StatusCommand.ExitAsync(contents, console).ConfigureAwait(false);
    }

    private static async Task WriteTextAsync(SnapshotStoreContents contents, TextWriter output)
    {
        var status = contents.Status;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"header     version {contents.Version}, {(status.State == SnapshotState.Invalid ? "invalid" : "valid")}, "
                + $"chunks of {status.ChunkSize / 512} sectors ({ByteSize.Format(status.ChunkSize)})")).ConfigureAwait(false);
        if (contents.Label is { } label)
        {
            var key = label.OriginKey is null ? "" : $", {ForeignText.Printable(label.OriginKey)}";
            await output.WriteLineAsync($"origin     {ForeignText.Path(label.OriginName)}, {label.OriginLength} bytes{key}"
                + (label.IsUnclean ? "; in use by a writer of it, or not closed by one" : "")).ConfigureAwait(false);
        }
        for (var i = 0; i < contents.Areas.Count; i++)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"area       {i} in chunk {contents.Areas[i].Chunk}: {contents.Areas[i].Records} of {status.ChunkSize / 16} records")).ConfigureAwait(false);
        }
        foreach (var (old, place) in contents.Exceptions)
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"exception  {old} {place}")).ConfigureAwait(false);
    }
}
