using System.Collections.Immutable;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Mapfiles;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>
/// Everything that is served, locked and open: what is written is locked exclusively, what is only read is shared with readers. Exports on the same storage
/// share one device.
/// </summary>
internal sealed class ServedDevices : IAsyncDisposable
{
    private readonly ServeOptions _options;
    private ImmutableList<ServedExport> _exports = [];      // replaced as a whole: other threads read it at any time
    private readonly List<FileBlockDevice> _files = [];
    private readonly List<(SnapshotFiles Files, OpenSnapshots Opened)> _origins = [];
    private readonly List<string> _notices = [];
    private readonly StorageLock _lock;
    private bool _isAbandoned;

    private ServedDevices(ServeOptions options, StorageLock held) => (_options, _lock) = (options, held);

    /// <summary>The current exports. Thread-safe.</summary>
    public IReadOnlyList<ServedExport> Exports => Volatile.Read(ref _exports);

    /// <summary>The origins, with their snapshots.</summary>
    public IReadOnlyList<(SnapshotFiles Files, OpenSnapshots Opened)> Origins => _origins;

    /// <summary>Messages about snapshots that are not exported although their origins are, with the reason, and about half-merged origins.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Opens everything, without creating or changing a file.</summary>
    /// <exception cref="UsageException">Something cannot be opened or is busy, or two exports would have the same name.</exception>
    /// <exception cref="FailureException">A device failed.</exception>
    public static async Task<ServedDevices> OpenAsync(ServeOptions options, Engine engine, CommandConsole console)
    {
        var held = StorageLocks.Take([.. options.Names.All.Select(operand => (operand, !options.ReadOnly))], options.Force, console);
        var devices = new ServedDevices(options, held);
        try
        {
            foreach (var origin in options.Names.Snapshots)
                await devices.OpenOriginAsync([.. origin], engine).ConfigureAwait(false);
            foreach (var file in options.Names.Files)
                await devices.OpenFileAsync(file, engine).ConfigureAwait(false);
            // An origin is exported under the name of its file, unless the command line gives it another name.
            foreach (var (files, opened) in devices._origins)
            {
                if (!devices._exports.Exists(export => export.Export.Device == opened.Origin))
                    devices.AddOrigin(Path.GetFileName(files.Origin.Name), files, opened);
            }
            return devices;
        }
        catch
        {
            await devices.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Leaves everything open and locked until the process ends: a device hangs, and closing would wait for it.</summary>
    public void Abandon() => _isAbandoned = true;

    /// <summary>Closes the snapshots.</summary>
    /// <returns>Messages for the user: snapshots that could not be closed, and files that were deleted while in use.</returns>
    public async Task<IReadOnlyList<string>> CloseAsync()
    {
        var wrong = new List<string>();
        if (_isAbandoned)
            return wrong;
        foreach (var (files, opened) in _origins)
        {
            wrong.AddRange(await opened.CloseAsync().ConfigureAwait(false));
            wrong.AddRange(files.Deleted());
        }
        wrong.AddRange(_files.Where(static file => file.IsDeleted)
            .Select(static file => $"'{file.Name}' was deleted while it was used: what it holds is lost."));
        return wrong;
    }

    /// <summary>Closes the snapshots, then the files, and releases the locks.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isAbandoned)
            return;
        foreach (var (files, opened) in _origins)
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            await files.DisposeAsync().ConfigureAwait(false);
        }
        foreach (var device in _files)
            await device.DisposeAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    private async Task OpenOriginAsync(IReadOnlyList<ServedSnapshot> snapshots, Engine engine)
    {
        var writes = !_options.ReadOnly;
        var files = await SnapshotFiles.OpenAsync(snapshots[0].Origin, writes, [.. snapshots.Select(static snapshot => snapshot.Cow)], writes)
            .ConfigureAwait(false);
        OpenSnapshots opened;
        try
        {
            foreach (var (operand, device) in files.All)
                CheckNew(operand, device);
            if (writes)
                files.CheckMayGrow(_options.Growth);
            if (writes && !_options.IgnoresUnnamed)
                await OriginStores.CheckAllNamedAsync(files.All[0], files.All, path => $"--snapshot '{files.Origin.Name},{path}'").ConfigureAwait(false);
            var how = _options.Accepted.Open with { Growth = _options.Growth };
            opened = await OpenSnapshots.OpenAsync(files, how, SnapshotUse.Origin, engine, OriginName(files.Origin.Name)).ConfigureAwait(false);
        }
        catch
        {
            await files.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        _origins.Add((files, opened));
        foreach (var (operand, device) in files.All.Skip(1))
        {
            if (await StoreCommand.IsHalfMergedAsync(operand, device).ConfigureAwait(false))
            {
                _notices.Add($"{operand} is half merged: its origin '{files.Origin.Name}' holds neither what the snapshot shows nor what it held before, "
                    + "until 'kcopyd snapshot merge' has completed the merge.");
            }
        }
        for (var i = 0; i < snapshots.Count; i++)
        {
            var (snapshot, notice) = opened.All[i];
            if (notice is null)
                Add(snapshots[i].Name, snapshots[i].Cow, $"snapshot of {Path.GetFileName(files.Origin.Name)}", snapshot, snapshot);
            else
                _notices.Add($"{notice} It is not exported.");
        }
    }

    // Opens a file as an origin, so that snapshots of it can be taken later.
    private async Task OpenOriginAsync(ServedFile file, Engine engine)
    {
        var files = await SnapshotFiles.OpenAsync(file.Operand.Path, writesOrigin: true, [], writesCows: true).ConfigureAwait(false);
        var opened = await OpenSnapshots.OpenAsync(files, new SnapshotOptions(), SnapshotUse.Origin, engine, OriginName(files.Origin.Name))
            .ConfigureAwait(false);
        _origins.Add((files, opened));
        Add(file.Name, file.Operand.Path, null, opened.Origin, null);
    }

    private async Task OpenFileAsync(ServedFile file, Engine engine)
    {
        var device = DeviceOpening.Open(file.Operand, new BlockDeviceOptions { Io = _options.Io, ReadOnly = _options.ReadOnly });
        try
        {
            if (_origins.Find(one => IsSame(one.Files.Origin, device)) is { Files: { } files, Opened: { } opened })
                AddOrigin(file.Name, files, opened, file.Operand.Path);
            else if (_files.Find(one => IsSame(one, device)) is { } known)
                Add(file.Name, file.Operand.Path, null, known, null);
            else
            {
                CheckPastSnapshots(file.Operand, device);
                if (!_options.ReadOnly && !_options.IgnoresUnnamed && device.Length % IoRegion.SectorSize == 0)
                {
                    await OriginStores.CheckAllNamedAsync(
                        (file.Operand, device), [(file.Operand, device)], path => $"--snapshot '{file.Operand.Path},{path}'").ConfigureAwait(false);
                }
                if (device.Length == long.MaxValue)
                    throw new UsageException($"{file.Operand} has no size: give a file or a block device.");
                if (_options.Control is not null && device.Length % IoRegion.SectorSize == 0)
                {
                    await OpenOriginAsync(file, engine).ConfigureAwait(false);
                    return;
                }
                var served = _options.Map is { } map ? await RescuedAsync(file, device, map).ConfigureAwait(false) : device;
                _files.Add(device);
                Add(file.Name, file.Operand.Path, _options.Map is null ? null : "rescued image", served, null);
            }
        }
        finally
        {
            if (!_files.Contains(device))
                await device.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<IBlockDevice> RescuedAsync(ServedFile file, FileBlockDevice device, MapfileStore store)
    {
        if (!store.Entry.Exists)
        {
            throw new UsageException($"--mapfile '{store.Path}' does not exist: "
                + $"name the map that 'kcopyd copy --mapfile' or ddrescue made with {file.Operand}.");
        }
        if (Equals(store.Entry.Identity, FileEntry.Of(file.Operand.Path).Identity))
            throw new UsageException($"--mapfile '{store.Path}' is {file.Operand} itself.");
        if (!_options.ReadOnly)
            await store.CheckAsync().ConfigureAwait(false);
        return new RescuedImage(device, store.Load(), store);
    }

    private void AddOrigin(string name, SnapshotFiles files, OpenSnapshots opened, string? path = null) =>
        Add(name, path ?? files.Origin.Name, $"origin of {opened.All.Count} snapshot{(opened.All.Count == 1 ? "" : "s")}", opened.Origin, null);

    private void Add(string name, string path, string? description, IBlockDevice device, Snapshot? snapshot)
    {
        if (_exports.Find(export => export.Export.Name == name) is { } other)
        {
            throw new UsageException($"two exports would have the name '{name}': '{other.Path}' and '{path}'. "
                + $"Name one of them yourself: {(snapshot is null ? $"--export NAME='{path}'" : $"--snapshot NAME=ORIGIN,'{path}'")}.");
        }
        var export = new NbdExport(name, device) { ReadOnly = _options.ReadOnly, Description = description };
        Volatile.Write(ref _exports, _exports.Add(new ServedExport(export, path, snapshot)));
    }

    /// <summary>Adds a snapshot that was taken while its origin is served. The name must be free.</summary>
    public NbdExport Add(string name, string path, SnapshotFiles files, Snapshot snapshot)
    {
        var export = new NbdExport(name, snapshot) { ReadOnly = true, Description = $"snapshot of {Path.GetFileName(files.Origin.Name)}" };
        Volatile.Write(ref _exports, _exports.Add(new ServedExport(export, path, snapshot)));
        return export;
    }

    /// <summary>Releases the lock of a deleted store that the command line named; the locks of others belong to their <see cref="SnapshotFiles"/>.</summary>
    public void Release(Operand store) => _lock.Release(store.Path);

    /// <summary>Removes an export.</summary>
    public void Remove(ServedExport export) => Volatile.Write(ref _exports, _exports.Remove(export));

    /// <exception cref="UsageException">The store shares storage with a served device.</exception>
    public void CheckNewStore(Operand operand, FileBlockDevice device)
    {
        CheckNew(operand, device);
        if (_files.Exists(one => StorageLocation.Overlap(one, device)))
            throw new UsageException($"{operand} is served itself; give another file.");
    }

    // A disk with snapshots must not be written except through its origin.
    private void CheckNew(Operand operand, FileBlockDevice device)
    {
        if (_origins.SelectMany(static one => one.Files.All).FirstOrDefault(one => StorageLocation.Overlap(one.Device, device)).Operand is { } same)
            throw new UsageException($"{operand} is {same} of another --snapshot; give each its own file.");
    }

    private void CheckPastSnapshots(Operand operand, FileBlockDevice device)
    {
        if (_origins.SelectMany(static one => one.Files.Cows).Any(cow => StorageLocation.Overlap(cow, device)))
            throw new UsageException($"{operand} is the COW of a --snapshot: the snapshot is served, not its store. Leave it out.");
        if (_origins.Find(one => StorageLocation.Overlap(one.Files.Origin, device)) is { Files: { } files })
        {
            throw new UsageException($"{operand} shares storage with {files.All[0].Operand}, which has snapshots: a write to it would not reach them. "
                + "Leave out one of the two.");
        }
    }

    // A different partition of the same disk is a different device.
    private static bool IsSame(FileBlockDevice one, FileBlockDevice other) =>
        one.Length == other.Length && one.Locate(0) is { Storage: not null } start && start == other.Locate(0);

    // The name of the origin in messages and of its actor: unique, and restricted to characters that an actor name may have.
    private string OriginName(string path)
    {
        var name = string.Concat(Path.GetFileName(path)
            .Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_'));
        return _origins.Count == 0 ? "origin-" + name : $"origin-{_origins.Count + 1}-{name}";
    }
}

/// <summary>An export, with its file and snapshot.</summary>
/// <param name="Export">The export of the server.</param>
/// <param name="Path">The file, as the command line names it.</param>
/// <param name="Snapshot">The snapshot; null if the export is not a snapshot.</param>
internal sealed record ServedExport(NbdExport Export, string Path, Snapshot? Snapshot);
