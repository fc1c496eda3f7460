using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>The origin and the stores of the command line, locked and open: what is written is locked exclusively, what is only read is shared with
/// readers.</summary>
/// <remarks>They use the page cache, so that offsets and lengths need no alignment.</remarks>
internal sealed class SnapshotFiles : IAsyncDisposable
{
    private StorageLock? _lock;
    private readonly List<(Operand Operand, FileBlockDevice Device)> _opened = [];
    private readonly Dictionary<FileBlockDevice, StorageLock> _adopted = [];

    public FileBlockDevice Origin => _opened[0].Device;

    /// <summary>Takes ownership of one more store and its lock.</summary>
    public void Adopt(Operand operand, FileBlockDevice cow, StorageLock held)
    {
        _opened.Add((operand, cow));
        _adopted.Add(cow, held);
    }

    /// <summary>Closes a store, and releases its lock if it was adopted.</summary>
    public async ValueTask ReleaseAsync(FileBlockDevice cow)
    {
        _opened.RemoveAll(one => one.Device == cow);
        await cow.DisposeAsync().ConfigureAwait(false);
        if (_adopted.Remove(cow, out var held))
            held.Dispose();
    }

    public IEnumerable<FileBlockDevice> Cows => _opened.Skip(1).Select(one => one.Device);

    public IReadOnlyList<(Operand Operand, FileBlockDevice Device)> All => _opened;

    /// <summary>Locks and opens the files.</summary>
    /// <param name="origin">ORIGIN.</param>
    /// <param name="writesOrigin">False to open the origin for reading only.</param>
    /// <param name="cows">COW, and the stores of --cow.</param>
    /// <param name="writesCows">False to open the stores for reading only.</param>
    /// <param name="console">The console for warnings about files that cannot be locked.</param>
    /// <param name="isNew">True if the command creates the store, so that COW need not hold one.</param>
    /// <exception cref="UsageException">A file is missing, in use, named twice, or cannot be an origin.</exception>
    public static async Task<SnapshotFiles> LockAsync(
        string origin, bool writesOrigin, IReadOnlyList<string> cows, bool writesCows, CommandConsole console, bool isNew = false)
    {
        var operands = Operands(origin, cows, "--cow");
        var held = StorageLocks.Take([.. operands.Select((operand, i) => (operand, i == 0 ? writesOrigin : writesCows))], force: false, console);
        try
        {
            var files = await OpenAsync(operands, writesOrigin, writesCows, isNew).ConfigureAwait(false);
            files._lock = held;
            return files;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens the files, which the caller has locked.</summary>
    /// <inheritdoc cref="LockAsync"/>
    public static Task<SnapshotFiles> OpenAsync(string origin, bool writesOrigin, IReadOnlyList<string> cows, bool writesCows, bool isNew = false) =>
        OpenAsync(Operands(origin, cows, "COW"), writesOrigin, writesCows, isNew);

    private static async Task<SnapshotFiles> OpenAsync(Operand[] operands, bool writesOrigin, bool writesCows, bool isNew)
    {
        var files = new SnapshotFiles();
        try
        {
            for (var i = 0; i < operands.Length; i++)
                files.Open(operands[i], i == 0 ? writesOrigin : writesCows);
            if (!isNew && operands.Length > 1 && await IsStoreAsync(files.Origin).ConfigureAwait(false)
                && !await IsStoreAsync(files._opened[1].Device).ConfigureAwait(false))
            {
                throw Swapped(operands[0], operands[1]);
            }
            return files;
        }
        catch
        {
            await files.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Operand[] Operands(string origin, IReadOnlyList<string> cows, string another) =>
        [new("ORIGIN", origin, 0, null), .. cows.Select((cow, i) => new Operand(i == 0 ? "COW" : another, cow, 0, null))];

    /// <exception cref="UsageException">The file shares storage with an open one.</exception>
    public void CheckApart(Survey survey) => CheckApart(survey.Operand, survey.Location, survey.Size);

    private void CheckApart(Operand operand, StorageLocation location, long length)
    {
        if (_opened.Find(one => location.Overlaps(length, one.Device.Locate(0), one.Device.Length)).Operand is { } same)
            throw new UsageException($"{operand} is {same}; give another file.");
    }

    /// <exception cref="UsageException">Growth is requested for a store that cannot grow.</exception>
    public void CheckMayGrow(StoreGrowth? growth)
    {
        if (growth is not null && _opened.Skip(1).FirstOrDefault(static one => !one.Device.IsRegularFile) is { Operand: { } device })
        {
            throw new UsageException($"--grow: {device} is not a file; it grows when its volume is extended, which is detected while it is in use. "
                + "Leave out --grow.");
        }
    }

    /// <summary>True if the device begins with the magic number of stores. Opening an unreadable device reports the error.</summary>
    public static async Task<bool> IsStoreAsync(FileBlockDevice device)
    {
        var magic = new byte[sizeof(uint)];
        return await device.ReadAsync(0, magic).ConfigureAwait(false) is { IsSuccess: true, Bytes: sizeof(uint) }
            && BitConverter.ToUInt32(magic) == StoreHeader.SnapMagic;
    }

    public static UsageException Swapped(Operand origin, Operand cow) =>
        new($"{origin} is the COW store of a snapshot, and {cow} is not: they are swapped. Give the disk or image first: '{cow.Path}' '{origin.Path}'.");

    /// <summary>Returns messages about files that were deleted while in use: their content is lost when they are closed.</summary>
    public IEnumerable<string> Deleted() => _opened.Where(static one => one.Device.IsDeleted)
        .Select(static one => $"{one.Operand} was deleted while it was used: what it holds is lost.");

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, device) in _opened)
            await device.DisposeAsync().ConfigureAwait(false);
        foreach (var held in _adopted.Values)
            held.Dispose();
        _lock?.Dispose();
    }

    /// <exception cref="UsageException">The device cannot be the origin of snapshots.</exception>
    public static void CheckOrigin(Operand operand, FileBlockDevice device)
    {
        if (device.Length == long.MaxValue)
            throw new UsageException($"{operand} has no size: it cannot have snapshots. Give a file or a block device.");
        if (device.Length % IoRegion.SectorSize != 0)
        {
            throw new UsageException($"{operand} has {device.Length} bytes, which is not a multiple of {IoRegion.SectorSize}; "
                + $"extend it: truncate -s %{IoRegion.SectorSize} '{operand.Path}'.");
        }
    }

    private void Open(Operand operand, bool writes)
    {
        if (operand.Path.Length == 0)
            throw new UsageException($"{operand.Argument} is empty: give a path.");
        var device = DeviceOpening.Open(operand, new BlockDeviceOptions { ReadOnly = !writes, Io = IoMode.Buffered });
        if (_opened.Count == 0)
            _opened.Add((operand, device));
        else
            Add(operand, device);
        if (_opened.Count == 1)
            CheckOrigin(operand, device);
        if (writes && device.IsReadOnly)
            throw new UsageException($"{operand} is read-only.");
    }

    private void Add(Operand operand, FileBlockDevice device)
    {
        try
        {
            CheckApart(operand, device.Locate(0), device.Length);
        }
        finally
        {
            _opened.Add((operand, device));
        }
    }
}
