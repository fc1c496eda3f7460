using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors;

/// <summary>
/// A file opened by <see cref="BlockDevice.Open"/>; on Linux also a block device, or a character device as a sink. Its length is fixed when it
/// is opened: a write past the end fails with <see cref="IoError.NoSpace"/>, on a regular file as on a disk.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member; after <see cref="DisposeAsync"/> every I/O answers <see cref="IoError.Closed"/>, and those that were running end
/// first.</para>
/// <para>A flush that failed stays failed: writes since the last good flush may be lost, the kernel says so only once, and nothing that
/// is done with this device afterwards brings them back. Open the path again to continue, and write again what was not flushed.</para>
/// <para>On Linux, I/O blocks the calling thread or, on a thread of the engine, waits in its ring, and allocates nothing. In direct mode, an I/O that is not a
/// multiple of <see cref="Alignment"/> goes through the page cache; the aligned part of a transfer with a partial tail is transferred first, as a short
/// transfer. On a block device, do not run unaligned I/O at the same time as other writes within the same 4096 bytes: the kernel does not order the two.</para>
/// <para>On other systems it is a plain file: buffered I/O, no holes, clones or discards, and no block devices.</para>
/// </remarks>
public abstract class FileBlockDevice : IBlockDevice, IGrowingDevice
{
    private protected FileBlockDevice()
    {
    }

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract long Length { get; }

    /// <inheritdoc/>
    public abstract int LogicalBlockSize { get; }

    /// <inheritdoc/>
    public abstract int Alignment { get; }

    /// <inheritdoc/>
    public abstract bool IsReadOnly { get; }

    /// <inheritdoc/>
    public abstract DeviceFeatures Features { get; }

    /// <summary>True for a regular file: it can be opened with a larger <see cref="BlockDeviceOptions.Length"/>, and then grows.</summary>
    public abstract bool IsRegularFile { get; }

    /// <summary>True if aligned I/O goes past the page cache.</summary>
    public abstract bool IsDirect { get; }

    /// <summary>True if the file has no name any more: what it holds is lost when it is closed.</summary>
    internal virtual bool IsDeleted => false;

    bool IGrowingDevice.CanGrow => IsRegularFile && !IsReadOnly && Length != long.MaxValue;

    /// <inheritdoc/>
    public abstract StorageLocation Locate(long offset);

    /// <inheritdoc/>
    public abstract ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer);

    /// <inheritdoc/>
    public abstract ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> PunchAsync(long offset, long length) => WriteZeroesAsync(offset, length);

    /// <inheritdoc/>
    public virtual ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Data(length));

    /// <inheritdoc/>
    public virtual OffloadKinds CloneKinds(IBlockDevice source) => OffloadKinds.None;

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) => new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> DiscardAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> EvictAsync(long offset, long length) => new(IoResult.Success(0));

    /// <inheritdoc/>
    public abstract ValueTask<IoResult> FlushAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    void IGrowingDevice.Refresh() => Refresh();

    ValueTask<IoResult> IGrowingDevice.GrowAsync(long length) => GrowAsync(length);

    /// <summary>What it is known by after a restart, too, from a byte on; null if nothing is known. May block.</summary>
    internal virtual string? StableKey(long offset) => null;

    /// <summary>Reserves the space of a range of a regular file, so that writes there cannot run out of it, and changes nothing else. May block.</summary>
    /// <returns>0, or -errno: the number of <see cref="IoError.NotSupported"/> where the file system cannot.</returns>
    internal virtual long Reserve(long offset, long length) => -(long)IoError.NotSupported;

    private protected abstract void Refresh();

    private protected abstract ValueTask<IoResult> GrowAsync(long length);
}
