namespace Kcopyd.Actors;

/// <summary>
/// Something that stores bytes at offsets: a file, a block device, memory, a layer over another device.
/// </summary>
/// <remarks>
/// <para>Every member may be called from any thread, also concurrently. A call may block the calling thread, complete
/// before it returns, or complete later on any thread: the engine calls devices from its worker actors only, on the
/// engine's own threads, where one that blocks is replaced while it does.</para>
/// <para>A call completes exactly once, and until then owns the memory that it was given. A failed I/O is an
/// <see cref="IoResult"/>; an exception means that the device is broken or gone, and costs the worker that called it.</para>
/// <para>No call takes a <see cref="CancellationToken"/>: an I/O that a device has begun cannot be taken back, and its memory is the device's until it has
/// completed. Cancel the job instead, which leaves such an I/O behind.</para>
/// <para>A transfer may be short without an error; zero bytes without an error means the end of the device. Callers loop.</para>
/// </remarks>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>A name for people: a path, or what the creator chose.</summary>
    string Name { get; }

    /// <summary>The size in bytes; <see cref="long.MaxValue"/> for a sink without a size. Any number, also not a multiple of 512.</summary>
    long Length { get; }

    /// <summary>The smallest unit, in bytes, that can fail by itself: a power of two, at least 512. Failed reads are narrowed to it.</summary>
    int LogicalBlockSize { get; }

    /// <summary>
    /// Offsets, lengths and memory addresses of every I/O must be multiples of this many bytes, except that a transfer may end at
    /// the end of the device. 1 where the device takes anything; a power of two.
    /// </summary>
    int Alignment { get; }

    /// <summary>True if writes are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>What the device can do beyond reading and writing.</summary>
    DeviceFeatures Features { get; }

    /// <summary>Where the bytes at <paramref name="offset"/> really live, so that two regions can be tested for overlap through any layers.</summary>
    /// <param name="offset">Byte offset on this device.</param>
    StorageLocation Locate(long offset) => new(this, offset);

    /// <summary>Reads from <paramref name="offset"/> (bytes) into <paramref name="buffer"/>.</summary>
    ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer);

    /// <summary>Writes <paramref name="buffer"/> at <paramref name="offset"/> (bytes).</summary>
    ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer);

    /// <summary>Makes a range read as zeroes. Only called where <see cref="DeviceFeatures.WriteZeroes"/> is set; may still answer
    /// <see cref="IoError.NotSupported"/>, and the caller then writes zeroes.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <summary>Like <see cref="WriteZeroesAsync"/>, and gives the space back where the device can: a hole is made. The same feature, the
    /// same answers.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> PunchAsync(long offset, long length) => WriteZeroesAsync(offset, length);

    /// <summary>Says what begins at an offset: data, or a hole. Only called where <see cref="DeviceFeatures.Map"/> is set. What is told
    /// to be zero must read as zeroes for as long as nobody writes there.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes that are of interest.</param>
    ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Data(length));

    /// <summary>The ways of <see cref="CloneFromAsync"/> that are worth a try from this source, as far as is known without asking the
    /// medium: must not block. Only called where both devices have <see cref="DeviceFeatures.Clone"/>.</summary>
    /// <param name="source">The device to clone from.</param>
    OffloadKinds CloneKinds(IBlockDevice source) => OffloadKinds.None;

    /// <summary>
    /// Makes a range hold what a range of another device holds, without reading it to here. May do less than it was asked for, as any transfer;
    /// zero bytes or an error mean that the caller has to copy the rest, and whatever was left half done it overwrites.
    /// </summary>
    /// <param name="source">The device to clone from.</param>
    /// <param name="sourceOffset">Byte offset on the source.</param>
    /// <param name="offset">Byte offset on this device.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="kind">The one way to use.</param>
    ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        new(IoResult.Failure(IoError.NotSupported));

    /// <summary>Tells the device that a range is no longer needed; what it reads as afterwards is undefined. A block of which only a part is in the
    /// range keeps what it holds. Only where <see cref="DeviceFeatures.Discard"/> is set.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> DiscardAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <summary>
    /// Returns when everything that was acknowledged before is on stable storage. A failure means that any write since the last
    /// good flush may be lost: the kernel reports it once and then forgets, so the device must not report success later for them.
    /// </summary>
    ValueTask<IoResult> FlushAsync();

    /// <summary>Makes later reads of a range come from the medium rather than from a cache, as far as the device can. Called after a
    /// flush, before a verification.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> EvictAsync(long offset, long length) => new(IoResult.Success(0));
}
