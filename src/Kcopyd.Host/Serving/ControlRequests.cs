using System.Text;
using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>Executes the requests of the control socket: snapshots of what is served, while it is served. One request at a time.</summary>
internal sealed class ControlRequests(ServedDevices devices, NbdServer server, ServeOptions options, Engine engine)
{
    private const int MaxNameLength = 4096;     // bytes of UTF-8

    /// <summary>Executes a request. Never fails: errors are returned in the reply.</summary>
    public async Task<ControlReply> ExecuteAsync(ControlRequest request)
    {
        var warnings = new List<string>();
        var console = new CommandConsole(TextWriter.Null, TextWriter.Null, IsTerminal: false) { TakeWarning = warnings.Add };
        try
        {
            var reply = request.Op switch
            {
                "diff" => await DiffAsync(request).ConfigureAwait(false),
                "status" => await StatusAsync(request).ConfigureAwait(false),
                "create" => await CreateAsync(request, console).ConfigureAwait(false),
                "grow" => await GrowAsync(request).ConfigureAwait(false),
                "delete" => await DeleteAsync(request).ConfigureAwait(false),
                _ => throw new UsageException($"there is no request '{request.Op}'; there are status, create, diff, grow and delete."),
            };
            return reply with { Warnings = warnings };
        }
        catch (UsageException refused)
        {
            return new ControlReply { Code = "refused", Error = refused.Message };
        }
        catch (FailureException failed)
        {
            return new ControlReply { Code = "failed", Error = failed.Message };
        }
        catch (Exception unexpected)
        {
            return new ControlReply { Code = "failed", Error = $"an unexpected error, which is a bug; please report it: {unexpected}" };
        }
    }

    // ---- create --------------------------------------------------------------------------------------------------

    private async Task<ControlReply> CreateAsync(ControlRequest request, CommandConsole console)
    {
        var asked = new StoreRequest(Need(request.Cow, "cow"), Chunk(request.Chunk), request.Size, request.Sparse, request.Force);
        var store = request.Store switch
        {
            null or "P" => StoreKind.Persistent,
            "PO" => StoreKind.PersistentOverflow,
            _ => throw new UsageException($"store '{request.Store}': must be P or PO."),
        };
        var (files, opened) = await FindOriginAsync(Need(request.Origin, "origin")).ConfigureAwait(false);
        var name = request.Name ?? Path.GetFileName(asked.Cow);
        if (Encoding.UTF8.GetByteCount(name) > MaxNameLength || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new UsageException($"the name of an export has {Encoding.UTF8.GetByteCount(name)} bytes; "
                + $"the protocol allows at most {MaxNameLength}, none of them zero.");
        }
        if (devices.Exports.Any(export => export.Export.Name == name))
            throw new UsageException($"an export '{name}' already exists; give the snapshot another name: --name NAME.");
        var created = CreatedStore.Begin(asked);
        try
        {
            var held = StorageLocks.Take([(asked.Operand, true)], force: false, console);
            try
            {
                created.Locked();
                return await CreateAsync(asked, name, store, files, opened, created, held, console).ConfigureAwait(false);
            }
            catch
            {
                await created.DisposeAsync().ConfigureAwait(false);     // while the lock is held
                held.Dispose();
                throw;
            }
        }
        finally
        {
            await created.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<ControlReply> CreateAsync(
        StoreRequest asked, string name, StoreKind store, SnapshotFiles files, OpenSnapshots opened, CreatedStore created, StorageLock held,
        CommandConsole console)
    {
        var cow = DeviceOpening.Open(asked.Operand, new BlockDeviceOptions { Io = IoMode.Buffered });
        Snapshot snapshot;
        try
        {
            if (cow.IsReadOnly)
                throw new UsageException($"{asked.Operand} is read-only.");
            devices.CheckNewStore(asked.Operand, cow);
            var chunkSize = asked.ChunkSize ?? SnapshotSettings.FromConfig(engine.System.Settings.Config.GetConfig("kcopyd.snapshots")).ChunkSize;
            await created.PrepareAsync(files.All[0], cow, chunkSize, console).ConfigureAwait(false);
            var how = new SnapshotOptions
            {
                ChunkSize = chunkSize,
                Store = store,
                Mode = asked.Force ? StoreMode.Replace : StoreMode.Create,
                Growth = cow.IsRegularFile ? options.Growth : null,
            };
            snapshot = await opened.AddAsync(asked.Operand, cow, how).ConfigureAwait(false);
            await MakeDurableAsync(snapshot, opened, created).ConfigureAwait(false);
        }
        catch
        {
            await cow.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        files.Adopt(asked.Operand, cow, held);
        server.AddExport(devices.Add(name, asked.Cow, files, snapshot));
        var status = StatusReport.Of(await snapshot.GetStatusAsync().ConfigureAwait(false));
        return new ControlReply { Code = "done", Created = new ServedStoreReport(status, name, created.Space) };
    }

    private static async Task MakeDurableAsync(Snapshot snapshot, OpenSnapshots opened, CreatedStore created)
    {
        try
        {
            await DeviceLoops.FlushAsync(snapshot).ConfigureAwait(false);
            await created.KeepAsync().ConfigureAwait(false);
        }
        catch
        {
            await opened.RemoveAsync(opened.All[^1]).ConfigureAwait(false);
            throw;
        }
    }

    // ---- status, diff, grow, delete ------------------------------------------------------------------------------------

    private async Task<ControlReply> StatusAsync(ControlRequest request)
    {
        var statuses = server.GetExports().ToDictionary(static status => status.Name, StringComparer.Ordinal);
        var reports = new List<ServedReport>();
        if (request.Cow is null)
        {
            foreach (var export in devices.Exports.Where(static export => export.Snapshot is null))
                reports.Add(new ServedReport(export.Export.Name, export.Path, export.Export.ReadOnly, statuses[export.Export.Name].Connections, null, null));
        }
        var stores = request.Cow is null
            ? devices.Origins.SelectMany(static origin => StoresOf(origin.Files, origin.Opened))
            : [await FindStoreAsync(Need(request.Cow, "cow")).ConfigureAwait(false)];
        foreach (var store in stores)
            reports.Add(await ReportAsync(store).ConfigureAwait(false));
        return new ControlReply { Code = "done", Exports = reports };
    }

    // The pages contain every range that changed before the first request; a range that changes between two pages may be missing.
    private async Task<ControlReply> DiffAsync(ControlRequest request)
    {
        var store = await FindStoreAsync(Need(request.Cow, "cow")).ConfigureAwait(false);
        if (request.Origin is { } origin && !(await LocateAsync("ORIGIN", Need(origin, "origin")).ConfigureAwait(false)).Equals(store.Files.Origin.Locate(0)))
            throw new UsageException($"{store.Operand} is a snapshot of '{ForeignText.Path(store.Files.Origin.Name)}', not of '{ForeignText.Path(origin)}'.");
        var snapshot = store.Opened.Snapshot;
        long size = snapshot.ChunkSize, from = (request.From ?? 0) / size;
        var chunks = await snapshot.GetChangedChunksAsync().ConfigureAwait(false);
        if (await snapshot.GetStatusAsync().ConfigureAwait(false) is { State: SnapshotState.Invalid } invalid)
            throw new FailureException(StoreErrors.Invalid(invalid));
        if (store.Opened.Notice is { } notice)
            throw new UsageException(notice);
        var ranges = ChangedRange.Chunks(chunks.SkipWhile(chunk => chunk < from), size, snapshot.Length).Take(DiffPage.Most + 1).ToList();
        long? next = ranges.Count > DiffPage.Most ? ranges[^1].Offset : null;
        return new ControlReply { Code = "done", Diff = new DiffPage(snapshot.ChunkSize, [.. ranges.Take(DiffPage.Most)], next) };
    }

    private async Task<ControlReply> GrowAsync(ControlRequest request)
    {
        var store = await FindStoreAsync(Need(request.Cow, "cow")).ConfigureAwait(false);
        await GrowCommand.GrowAsync(store.Operand, store.Cow, request.Size ?? throw new UsageException("a request 'grow' needs a size.")).ConfigureAwait(false);
        await store.Opened.Snapshot.GrowAsync(store.Cow).ConfigureAwait(false);
        return new ControlReply { Code = "done", Exports = [await ReportAsync(store).ConfigureAwait(false)] };
    }

    private async Task<ControlReply> DeleteAsync(ControlRequest request)
    {
        var stores = new List<Store>();
        foreach (var cow in (request.Cows ?? throw new UsageException("the request needs cows.")).Distinct())
            stores.Add(await FindStoreAsync(Need(cow, "cows")).ConfigureAwait(false));
        stores = [.. stores.DistinctBy(static store => store.Cow)];
        foreach (var store in stores)
        {
            if (ExportOf(store) is { } used && ConnectionsOf(used) is > 0 and var clients)
            {
                throw new UsageException($"{store.Operand} is in use: {clients} client{(clients == 1 ? " reads" : "s read")} "
                    + $"its export '{used.Export.Name}'. Disconnect first.");
            }
        }
        foreach (var store in stores.Where(_ => !request.Force))
            await DeleteCommand.CheckMayEndAsync(store.Operand, store.Cow).ConfigureAwait(false);
        foreach (var store in stores)
        {
            if (ExportOf(store) is { } export)
            {
                await RemoveExportAsync(export.Export.Name).ConfigureAwait(false);      // a client may have connected since
                devices.Remove(export);
            }
            await store.Origin.RemoveAsync(store.Opened).ConfigureAwait(false);
            try
            {
                await DeleteCommand.EndAsync(store.Operand, store.Cow).ConfigureAwait(false);
            }
            finally
            {
                await store.Files.ReleaseAsync(store.Cow).ConfigureAwait(false);
                devices.Release(store.Operand);
            }
        }
        return new ControlReply { Code = "done", Deleted = [.. stores.Select(static store => store.Operand.Path)] };
    }

    private async Task RemoveExportAsync(string name)
    {
        try
        {
            await server.RemoveExportAsync(name).ConfigureAwait(false);
        }
        catch (TimeoutException hung)
        {
            throw new FailureException(hung.Message);
        }
    }

    private async Task<ServedReport> ReportAsync(Store store)
    {
        var export = ExportOf(store);
        var status = StatusReport.Of(await store.Opened.Snapshot.GetStatusAsync().ConfigureAwait(false));
        return new ServedReport(export?.Export.Name, store.Operand.Path, export?.Export.ReadOnly ?? true, export is null ? 0 : ConnectionsOf(export),
            store.Files.Origin.Name, status);
    }

    // ---- what is served ------------------------------------------------------------------------------------------

    private int ConnectionsOf(ServedExport export) => server.GetExports().FirstOrDefault(status => status.Name == export.Export.Name)?.Connections ?? 0;

    private ServedExport? ExportOf(Store store) => devices.Exports.FirstOrDefault(export => export.Snapshot == store.Opened.Snapshot);

    private static IEnumerable<Store> StoresOf(SnapshotFiles files, OpenSnapshots opened) =>
        files.All.Skip(1).Zip(opened.All, (file, one) => new Store(file.Operand, file.Device, one, files, opened));

    private async Task<(SnapshotFiles Files, OpenSnapshots Opened)> FindOriginAsync(string path)
    {
        var location = await LocateAsync("ORIGIN", path).ConfigureAwait(false);
        return devices.Origins.FirstOrDefault(origin => origin.Files.Origin.Locate(0).Equals(location)) is { Files: not null } found
            ? found
            : throw new UsageException($"ORIGIN '{path}' is not served here, or not in a way that allows snapshots; "
                + $"'kcopyd snapshot status --serve {options.Control}' lists what is served.");
    }

    private async Task<Store> FindStoreAsync(string path)
    {
        var location = await LocateAsync("COW", path).ConfigureAwait(false);
        return devices.Origins.SelectMany(static origin => StoresOf(origin.Files, origin.Opened)).FirstOrDefault(store => store.Cow.Locate(0).Equals(location))
            ?? throw new UsageException($"COW '{path}' is not the store of a snapshot that is served here; "
                + $"'kcopyd snapshot status --serve {options.Control}' lists those that are.");
    }

    private static async Task<StorageLocation> LocateAsync(string argument, string path)
    {
        var device = DeviceOpening.Open(new Operand(argument, path, 0, null), new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
        await using var lease = device.ConfigureAwait(false);
        return device.Locate(0);
    }

    private static string Need(string? value, string member) => value is { Length: > 0 } ? Path.IsPathFullyQualified(value) ? value
        : throw new UsageException($"{member} '{value}': must be an absolute path.") : throw new UsageException($"the request needs {member}.");

    private static int? Chunk(int? chunk) => chunk is null or (>= 512 and <= 1 << 30) && (chunk & (chunk - 1)) is null or 0 ? chunk
        : throw new UsageException($"chunk {chunk}: must be a power of two from 512 to 1G.");

    private sealed record Store(Operand Operand, FileBlockDevice Cow, OpenSnapshot Opened, SnapshotFiles Files, OpenSnapshots Origin);
}
