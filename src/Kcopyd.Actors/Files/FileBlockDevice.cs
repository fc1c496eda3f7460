using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors;

/// <summary>
/// A file opened by <see cref="BlockDevice.Open"/>; on Linux also a block device, or a character device as a sink. A write does not extend it: past the end
/// it fails with <see cref="IoError.NoSpace"/>, on a regular file as on a disk.
/// </summary>
/// <remarks>
/// <para>Any thread may call any member. After <see cref="DisposeAsync"/>, every I/O returns <see cref="IoError.Closed"/>; I/Os in flight complete
/// first.</para>
/// <para>After a failed flush, every later flush fails: writes since the last successful flush may be lost, the kernel reports this only once, and no later
/// operation on this device recovers them. To continue, open the path again and repeat the writes that were not flushed.</para>
/// <para>On Linux, I/O allocates nothing; it blocks the calling thread or, on an engine thread, waits in that thread's ring. In direct mode, an I/O that is not
/// a multiple of <see cref="Alignment"/> goes through the page cache; the aligned part of a transfer with a partial tail is transferred first, as a short
/// transfer. On a block device, do not run unaligned I/O concurrently with other writes within the same 4096 bytes: the kernel does not order the two.</para>
/// <para>Other systems support regular files only, with buffered I/O and without holes, clones or discards.</para>
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

    /// <summary>True for a regular file, which grows when it is opened with a larger <see cref="BlockDeviceOptions.Length"/>.</summary>
    public abstract bool IsRegularFile { get; }

    /// <summary>True if aligned I/O bypasses the page cache.</summary>
    public abstract bool IsDirect { get; }

    /// <summary>True if the file has no name left: its content is lost when it is closed.</summary>
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
    public virtual ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        new(IoResult.Failure(IoError.NotSupported));

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

    /// <summary>The key of the device from a byte on, which survives a restart; null if there is none. May block.</summary>
    internal virtual string? StableKey(long offset) => null;

    /// <summary>Reserves space for a range of a regular file, so that writes there cannot run out of space. Changes nothing else. May block.</summary>
    /// <returns>0, or -errno: that of <see cref="IoError.NotSupported"/> if the file system cannot reserve space.</returns>
    internal virtual long Reserve(long offset, long length) => -(long)IoError.NotSupported;

    private protected abstract void Refresh();

    private protected abstract ValueTask<IoResult> GrowAsync(long length);
}
