using System.Globalization;
using Kcopyd.Actors;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>The store that <c>snapshot create</c> creates.</summary>
/// <param name="Cow">The store: a file or a block device.</param>
/// <param name="ChunkSize">Bytes; null for the configured size.</param>
/// <param name="Size">The size of the file in bytes; null to keep its size.</param>
/// <param name="IsSparse">True to reserve no space for the file.</param>
/// <param name="Force">True to overwrite existing data.</param>
internal sealed record StoreRequest(string Cow, int? ChunkSize, long? Size, bool IsSparse, bool Force)
{
    public Operand Operand => new("COW", Cow, 0, null);
}

/// <summary>The file or device of a new store: locked first, checked second, changed last. A failure leaves everything as it was, and removes a file that this
/// command created.</summary>
/// <remarks>Between the creation of the file and its lock, another command may open the file, create a store in it, and end. The file therefore belongs to this
/// command only if this command created it and it is still empty when it is locked.</remarks>
internal sealed class CreatedStore : IAsyncDisposable
{
    private readonly StoreRequest _request;
    private readonly FileBlockDevice? _created;
    private FileBlockDevice _device = null!;
    private bool _isLocked, _isOwn, _isKept, _isDisposed;

    private CreatedStore(StoreRequest request, FileBlockDevice? created) => (_request, _created) = (request, created);

    /// <summary>A message that says whether space is reserved; null for a device.</summary>
    public string? Space { get; private set; }

    /// <summary>Creates the file if it does not exist; empty, so that it can be locked.</summary>
    /// <exception cref="UsageException">The file cannot be created, or its size is missing.</exception>
    public static CreatedStore Begin(StoreRequest request)
    {
        var operand = request.Operand;
        if (operand.Path.Length == 0)
            throw new UsageException("COW is empty: give a path.");
        if (FileEntry.Of(operand.Path).Exists)
            return new CreatedStore(request, null);
        if (request.Size is null)
            throw new UsageException($"{operand} does not exist; to create it, say how large: --size 1G.");
        NewFiles.CheckMayCreate($"{operand}", operand.Path);
        return new CreatedStore(request, DeviceOpening.Open(operand, new BlockDeviceOptions { CreateNew = true, Io = IoMode.Buffered }));
    }

    /// <summary>Checks and then prepares the device, whose lock the caller holds.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="device">The store's device.</param>
    /// <param name="chunkSize">The chunk size in bytes.</param>
    /// <param name="console">The console for a warning about overwritten data.</param>
    /// <exception cref="UsageException">The device holds data, or is too small.</exception>
    /// <exception cref="FailureException">A device failed, or the file system is full.</exception>
    public async Task PrepareAsync((Operand Operand, FileBlockDevice Device) origin, FileBlockDevice device, int chunkSize, CommandConsole console)
    {
        _device = device;
        var length = Math.Max(device.Length, _request.Size ?? 0);
        CheckSize(origin, length, chunkSize);
        if (!_isOwn)
            await CheckFreeAsync(origin, chunkSize, console).ConfigureAwait(false);
        if (device.IsRegularFile)
            await ReserveAsync(length).ConfigureAwait(false);
    }

    /// <summary>Keeps the file: the store is complete.</summary>
    /// <exception cref="FailureException">The file name could not be written to stable storage.</exception>
    public async Task KeepAsync()
    {
        if (_created is not null)
            await DeviceLoops.FlushAsync(_created).ConfigureAwait(false);
        _isKept = true;
    }

    /// <summary>Records that the caller holds the lock, until this instance is disposed.</summary>
    public void Locked() => (_isLocked, _isOwn) = (true, IsOwn());

    /// <summary>Deletes the file if it belongs to this command and no store was created in it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_created is null || _isDisposed)
            return;
        _isDisposed = true;
        if (!_isLocked)
            DeleteUnlocked();
        else if (_isOwn && !_isKept)
            File.Delete(_request.Cow);
        await _created.DisposeAsync().ConfigureAwait(false);
    }

    private void DeleteUnlocked()
    {
        try
        {
            using var held = StorageLock.Acquire(new StorageClaim(_request.Cow, IsExclusive: true));
            if (IsOwn())
                File.Delete(_request.Cow);
        }
        catch (StorageBusyException)
        {
            // The file belongs to the other command now.
        }
    }

    private bool IsOwn() => _created is not null && FileEntry.Of(_request.Cow) is { Size: 0 } now && Equals(now.Identity, _created.Locate(0).Storage);

    private void CheckSize((Operand Operand, FileBlockDevice Device) origin, long length, int chunkSize)
    {
        var operand = _request.Operand;
        if (_request.Size is { } size && !_device.IsRegularFile)
        {
            if (size > _device.Length)
                throw new UsageException($"{operand} has {_device.Length} bytes, fewer than --size {size}, which cannot enlarge a device.");
        }
        else if (_request.Size < _device.Length)
        {
            throw new UsageException($"{operand} has {_device.Length} bytes, more than --size {_request.Size}; leave out --size, or truncate it first.");
        }
        if (length < 2L * chunkSize)
        {
            throw new UsageException($"{operand} has {length} bytes: a COW store needs two chunks of {chunkSize} bytes at least, "
                + "and one more for each chunk that changes.");
        }
        foreach (var (argument, device) in new[] { origin, (operand, _device) })
        {
            if (!device.IsRegularFile && chunkSize % device.LogicalBlockSize != 0)
            {
                throw new UsageException($"--chunk {chunkSize}: {argument} has blocks of {device.LogicalBlockSize} bytes, "
                    + $"and the kernel accepts no snapshot with smaller chunks. Give --chunk {device.LogicalBlockSize} or more.");
            }
        }
    }

    private async Task CheckFreeAsync((Operand Operand, FileBlockDevice Device) origin, int chunkSize, CommandConsole console)
    {
        var operand = _request.Operand;
        try
        {
            if (await SnapshotFiles.IsStoreAsync(_device).ConfigureAwait(false))
            {
                await StoreReader.CheckNotHalfMergedAsync(_device).ConfigureAwait(false);
                if (!_request.Force)
                {
                    throw new UsageException($"{operand} holds a COW store already; see 'kcopyd snapshot status'. "
                        + "If its snapshot is not needed any more: --force.");
                }
                return;
            }
            // libblkid, where it is installed, recognizes more signatures.
            var found = await OccupiedSpace.FindAsync(_device, chunkSize).ConfigureAwait(false)
                ?? await Signatures.DescribeAsync(operand.Path).ConfigureAwait(false);
            if (found is null)
                return;
            if (_request.Force)
                console.Warn($"{operand} holds {found}, which is overwritten.");
            else if (await SnapshotFiles.IsStoreAsync(origin.Device).ConfigureAwait(false))
                throw SnapshotFiles.Swapped(origin.Operand, operand);
            else
                throw StoreErrors.Occupied(operand, found);
        }
        catch (SnapshotStoreException unreadable)
        {
            throw StoreErrors.Of(operand, unreadable);
        }
    }

    private async Task ReserveAsync(long length)
    {
        var operand = _request.Operand;
        if (!_request.IsSparse)
        {
            var reserved = await Task.Run(() => _device.Reserve(0, length)).ConfigureAwait(false);
            if (reserved is not (0 or -LibC.ENOTSUP))
            {
                throw new FailureException($"{operand}: its {ByteSize.Format(length)} cannot be reserved: {((IoError)(-reserved)).Describe()}. "
                    + "Give a smaller --size; or leave it sparse, at the risk of a snapshot that ends when its file system is full: --sparse.");
            }
            Space = reserved == 0 ? $"{ByteSize.Format(length)} are reserved for it" : "its file system reserves no space: the snapshot ends if that is full";
        }
        else
        {
            Space = "sparse: the snapshot ends if its file system is full";
        }
        if (length > _device.Length && await GrowAsync(length).ConfigureAwait(false) is { IsSuccess: false } failed)
            throw new FailureException($"{operand} cannot grow to {length.ToString(CultureInfo.InvariantCulture)} bytes: {failed.Error.Describe()}.");
    }

    private async Task<IoResult> GrowAsync(long length)
    {
        if (!_request.IsSparse)
            return await ((IGrowingDevice)_device).GrowAsync(length).ConfigureAwait(false);
        var longer = DeviceOpening.Open(_request.Operand, new BlockDeviceOptions { Length = length, Io = IoMode.Buffered });
        await longer.DisposeAsync().ConfigureAwait(false);
        ((IGrowingDevice)_device).Refresh();
        return IoResult.Success(0);
    }
}
