using System.Globalization;
using Kcopyd.Actors;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>What <c>snapshot create</c> is to make.</summary>
/// <param name="Cow">The store: a file or a block device.</param>
/// <param name="ChunkSize">Bytes; null takes the setting.</param>
/// <param name="Size">Bytes of the file; null takes it as it is.</param>
/// <param name="IsSparse">True leaves the file without space of its own.</param>
/// <param name="Force">True overwrites what is there.</param>
internal sealed record StoreRequest(string Cow, int? ChunkSize, long? Size, bool IsSparse, bool Force)
{
    public Operand Operand => new("COW", Cow, 0, null);
}

/// <summary>The file or device of a store that is to be made: locked first, checked second, changed last. What fails leaves everything as it was, and no file
/// that it created.</summary>
/// <remarks>Between its creation and its lock another command may take the file, make a store in it, and end. So a file is this command's own only if this
/// command created it and it is still empty when it is locked.</remarks>
internal sealed class CreatedStore : IAsyncDisposable
{
    private readonly StoreRequest _request;
    private readonly FileBlockDevice? _created;
    private FileBlockDevice _device = null!;
    private bool _isLocked, _isOwn, _isKept, _isDisposed;

    private CreatedStore(StoreRequest request, FileBlockDevice? created) => (_request, _created) = (request, created);

    /// <summary>What is said of the space that was reserved; null for a device.</summary>
    public string? Space { get; private set; }

    /// <summary>Creates the file, if nothing is there; empty, so that it can be locked.</summary>
    /// <exception cref="UsageException">It cannot be created, or its size is missing.</exception>
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

    /// <summary>Checks and then prepares the device, whose lock the caller has.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="device">The store's device.</param>
    /// <param name="chunkSize">Bytes of its chunks.</param>
    /// <param name="console">Where it warns of what is overwritten.</param>
    /// <exception cref="UsageException">It holds something, or is too small.</exception>
    /// <exception cref="FailureException">A device failed, or there is no space.</exception>
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

    /// <summary>The store is made: the file stays.</summary>
    /// <exception cref="FailureException">Its name is not on stable storage.</exception>
    public async Task KeepAsync()
    {
        if (_created is not null)
            await DeviceLoops.FlushAsync(_created).ConfigureAwait(false);
        _isKept = true;
    }

    /// <summary>The caller has the lock, until this is disposed.</summary>
    public void Locked() => (_isLocked, _isOwn) = (true, IsOwn());

    /// <summary>Deletes the file if it is this command's own and no store was made in it.</summary>
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
            // It is the other one's now.
        }
    }

    private bool IsOwn() => _created is not null && FileEntry.Of(_request.Cow) is { Size: 0 } now && Equals(now.Identity, _created.Locate(0).Storage);

    private void CheckSize((Operand Operand, FileBlockDevice Device) origin, long length, int chunkSize)
    {
        var operand = _request.Operand;
        if (_request.Size is { } size && !_device.IsRegularFile)
        {
            if (size > _device.Length)
                throw new UsageException($"{operand} has {_device.Length} bytes, fewer than --size {size}; a device has the size that it has.");
        }
        else if (_request.Size < _device.Length)
        {
            throw new UsageException($"{operand} has {_device.Length} bytes, more than --size {_request.Size}; leave --size away, or truncate it first.");
        }
        if (length < 2L * chunkSize)
            throw new UsageException($"{operand} has {length} bytes: a COW store needs two chunks of {chunkSize} bytes at least, and one more for each chunk that changes.");
        foreach (var (argument, device) in new[] { origin, (operand, _device) })
        {
            if (!device.IsRegularFile && chunkSize % device.LogicalBlockSize != 0)
                throw new UsageException($"--chunk {chunkSize}: {argument} has blocks of {device.LogicalBlockSize} bytes, and the kernel takes no snapshot with smaller chunks. Take --chunk {device.LogicalBlockSize} or more.");
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
                    throw new UsageException($"{operand} holds a COW store already; see 'kcopyd snapshot status'. If its snapshot is not needed any more: --force.");
                return;
            }
            // libblkid knows more of them, where it is installed.
            var found = await OccupiedSpace.FindAsync(_device, chunkSize).ConfigureAwait(false) ?? await Signatures.DescribeAsync(operand.Path).ConfigureAwait(false);
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
                throw new FailureException($"{operand}: its {ByteSize.Format(length)} cannot be reserved: {((IoError)(-reserved)).Describe()}. Give a smaller --size; or leave it sparse, at the risk of a snapshot that ends when its file system is full: --sparse.");
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
