using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot create ORIGIN COW</c></summary>
internal static class CreateCommand
{
    public static Command Create(CommandConsole console)
    {
        var (origin, cow) = (SnapshotArguments.Origin(), SnapshotArguments.Cow());
        var (chunk, size, store, json) = (SnapshotArguments.Chunk(), SnapshotArguments.Size(), SnapshotArguments.Store(), SnapshotArguments.Json());
        store.Description = "The kind of store in the printed table line for the kernel. The store does not record it: give it to 'write', too.";
        var sparse = new Option<bool>("--sparse") { Description = "Reserve no space for the file: the snapshot ends when its file system is full." };
        var serve = ControlClient.Option();
        var name = new Option<string?>("--name")
        {
            Description = "With --serve: the name under which the snapshot is served, for reading only; the default is the name of COW's file.",
            HelpName = "NAME",
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the data on COW, even the store of another snapshot: it is lost." };
        var command = new Command("create",
            "Takes a snapshot, which keeps the present content of ORIGIN as long as all writes to ORIGIN go through the snapshot.")
        {
            origin, cow, chunk, size, sparse, store, force, serve, name, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (originPath, kind) = (parsed.GetRequiredValue(origin), parsed.GetValue(store));
            var request = new StoreRequest(
                parsed.GetRequiredValue(cow), parsed.GetValue(chunk), parsed.GetValue(size), parsed.GetValue(sparse), parsed.GetValue(force));
            if (parsed.GetValue(serve) is { } address)
            {
                return await AskAsync(address, originPath, request, kind, parsed.GetValue(name), parsed.GetValue(json), console, cancellationToken)
                    .ConfigureAwait(false);
            }
            if (parsed.GetValue(name) is not null)
                throw new UsageException("--name requires --serve: nothing is served here.");
            var (status, originSectors, space) = await RunAsync(originPath, request, console).ConfigureAwait(false);
            var storeKind = kind == StoreKind.PersistentOverflow ? "PO" : "P";
            var table = string.Create(CultureInfo.InvariantCulture,
                $"0 {originSectors} snapshot {Path.GetFullPath(originPath)} {Path.GetFullPath(status.Name)} {storeKind} {status.ChunkSize / 512}");
            await console.Out.WriteLineAsync(parsed.GetValue(json)
                ? SnapshotJson.Of(new CreateReport(StatusReport.Of(status), table, space))
                : $"{status.Name}: a snapshot of {originPath} in chunks of {ByteSize.Format(status.ChunkSize)}{(space is null ? "" : $"; {space}")}; "
                    + $"for the kernel: {table}\n{status}").ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    private static async Task<int> AskAsync(
        string address, string originPath, StoreRequest request, StoreKind kind, string? name, bool json, CommandConsole console,
        CancellationToken cancellationToken)
    {
        if (originPath.Length == 0 || request.Cow.Length == 0)
            throw new UsageException($"{(originPath.Length == 0 ? "ORIGIN" : "COW")} is empty: give a path.");
        var asked = new ControlRequest
        {
            Op = "create",
            Origin = Path.GetFullPath(originPath),
            Cow = Path.GetFullPath(request.Cow),
            Name = name,
            Chunk = request.ChunkSize,
            Size = request.Size,
            Sparse = request.IsSparse,
            Force = request.Force,
            Store = kind == StoreKind.PersistentOverflow ? "PO" : "P",
        };
        var created = (await ControlClient.SendAsync(address, asked, console, cancellationToken).ConfigureAwait(false)).Created!;
        await console.Out.WriteLineAsync(json
            ? ControlJson.Of(created)
            : $"{created.Status.Cow}: a snapshot of {originPath} in chunks of {ByteSize.Format(created.Status.ChunkSize)}"
                + $"{(created.Space is null ? "" : $"; {created.Space}")}; "
                + $"served read-only as '{created.Export}'\n{created.Status.Text}").ConfigureAwait(false);
        return ExitCodes.Success;
    }

    /// <param name="originPath">ORIGIN.</param>
    /// <param name="request">The store.</param>
    /// <param name="console">The console for warnings.</param>
    /// <param name="beforeLock">For tests: runs when COW exists and is not locked yet.</param>
    internal static async Task<(SnapshotStatus Status, long OriginSectors, string? Space)> RunAsync(
        string originPath, StoreRequest request, CommandConsole console, Func<Task>? beforeLock = null)
    {
        // Checks the origin before anything is created.
        var checkedFiles = await SnapshotFiles.OpenAsync(originPath, writesOrigin: false, [], writesCows: false).ConfigureAwait(false);
        await checkedFiles.DisposeAsync().ConfigureAwait(false);
        using var engine = Engine.Start(CommandLog.Level ?? LogLevel.Error);
        var chunkSize = request.ChunkSize ?? SnapshotSettings.FromConfig(engine.System.Settings.Config.GetConfig("kcopyd.snapshots")).ChunkSize;
        var created = CreatedStore.Begin(request);
        SnapshotFiles? files = null;
        try
        {
            await (beforeLock?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
            files = await SnapshotFiles.LockAsync(originPath, writesOrigin: false, [request.Cow], writesCows: true, console, isNew: true).ConfigureAwait(false);
            created.Locked();
            // Existing data is overwritten only after all other foreseeable failures have been ruled out.
            if (await files.Origin.FlushAsync().ConfigureAwait(false)
                is { IsSuccess: false, Error: not (IoError.ReadOnly or IoError.NotSupported or IoError.Invalid) } failed)
            {
                throw new FailureException($"{files.All[0].Operand} cannot be flushed ({failed.Error.Describe()}): "
                    + "what a snapshot of it would show after a power cut is not known.");
            }
            await created.PrepareAsync(files.All[0], files.All[1].Device, chunkSize, console).ConfigureAwait(false);
            var how = new SnapshotOptions { ChunkSize = chunkSize, Mode = request.Force ? StoreMode.Replace : StoreMode.Create };
            var opened = await OpenSnapshots.OpenAsync(files, how, SnapshotUse.Snapshots, engine, "origin").ConfigureAwait(false);
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
