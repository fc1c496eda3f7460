using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors.Devices;
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
        var sparse = new Option<bool>("--sparse") { Description = "Reserve no space for the file: the snapshot ends when its file system is full." };
        var force = new Option<bool>("--force") { Description = "Overwrite what COW holds, also the store of another snapshot: it is lost." };
        var command = new Command("create", "Takes a snapshot: from now on it shows what ORIGIN holds now, as long as whoever writes to ORIGIN does so through it.")
        {
            origin, cow, chunk, size, sparse, store, force, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var (originPath, kind) = (parsed.GetRequiredValue(origin), parsed.GetValue(store));
            var request = new StoreRequest(parsed.GetRequiredValue(cow), parsed.GetValue(chunk), parsed.GetValue(size), parsed.GetValue(sparse), parsed.GetValue(force));
            var (status, originSectors, space) = await RunAsync(originPath, request, console).ConfigureAwait(false);
            var table = string.Create(CultureInfo.InvariantCulture,
                $"0 {originSectors} snapshot {Path.GetFullPath(originPath)} {Path.GetFullPath(status.Name)} {(kind == StoreKind.PersistentOverflow ? "PO" : "P")} {status.ChunkSize / 512}");
            await console.Out.WriteLineAsync(parsed.GetValue(json)
                ? SnapshotJson.Of(new CreateReport(StatusReport.Of(status), table, space))
                : $"{status.Name}: a snapshot of {originPath} in chunks of {ByteSize.Format(status.ChunkSize)}{(space is null ? "" : $"; {space}")}; for the kernel: {table}\n{status}").ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    private static async Task<(SnapshotStatus Status, long OriginSectors, string? Space)> RunAsync(string originPath, StoreRequest request, CommandConsole console)
    {
        // Before anything is created.
        await (await SnapshotFiles.OpenAsync(originPath, writesOrigin: false, [], writesCows: false).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        using var engine = Engine.Start(LogLevel.Error);
        var chunkSize = request.ChunkSize ?? SnapshotSettings.FromConfig(engine.System.Settings.Config.GetConfig("kcopyd.snapshots")).ChunkSize;
        var created = CreatedStore.Begin(request);
        SnapshotFiles? files = null;
        try
        {
            files = await SnapshotFiles.LockAsync(originPath, writesOrigin: false, [request.Cow], writesCows: true, console, isNew: true).ConfigureAwait(false);
            created.IsLocked = true;
            // What is there is lost only when nothing else can fail that is known before.
            if (await files.Origin.FlushAsync().ConfigureAwait(false) is { IsSuccess: false, Error: not (IoError.ReadOnly or IoError.NotSupported or IoError.Invalid) } failed)
                throw new FailureException($"{files.All[0].Target} cannot be flushed ({failed.Error.Describe()}): what a snapshot of it would show after a power cut is not known.");
            await created.PrepareAsync(files.All[0], files.All[1].Device, chunkSize, console).ConfigureAwait(false);
            var opened = await OpenSnapshots.OpenAsync(files, new SnapshotOptions { ChunkSize = chunkSize, Mode = request.Force ? StoreMode.Replace : StoreMode.Create }, SnapshotUse.Snapshots, engine, "origin").ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            await DeviceLoops.FlushAsync(opened.First).ConfigureAwait(false);
            await created.KeepAsync().ConfigureAwait(false);
            return (await opened.First.GetStatusAsync().ConfigureAwait(false), files.Origin.Length / IoRegion.SectorSize, created.Space);
        }
        finally
        {
            await created.DisposeAsync().ConfigureAwait(false);
            if (files is not null)
                await files.DisposeAsync().ConfigureAwait(false);
        }
    }
}
