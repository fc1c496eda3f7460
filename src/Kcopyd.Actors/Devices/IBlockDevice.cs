namespace Kcopyd.Actors;

/// <summary>
/// Stores bytes at offsets: a file, a block device, memory, or a layer on top of another device.
/// </summary>
/// <remarks>
/// <para>Every member may be called from any thread, also concurrently. A call may block the calling thread, complete before it returns, or complete later on
/// any thread: the engine calls devices from its worker actors only, on the engine's own threads, where a blocked thread is replaced for as long as it is
/// blocked.</para>
/// <para>A call completes exactly once, and until then owns the memory passed to it. A failed I/O is an <see cref="IoResult"/>; an exception means that the
/// device is broken or gone, and terminates the worker that called it.</para>
/// <para>No call takes a <see cref="CancellationToken"/>: an I/O that a device has begun cannot be withdrawn, and the device owns its memory until it
/// completes. Cancel the job instead, which abandons such an I/O.</para>
/// <para>A transfer may be short without an error; zero bytes without an error means the end of the device. Callers loop.</para>
/// </remarks>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>A name for messages: a path, or a name that the creator chose.</summary>
    string Name { get; }

    /// <summary>The size in bytes; <see cref="long.MaxValue"/> for a sink without a size. Need not be a multiple of 512.</summary>
    long Length { get; }

    /// <summary>The smallest unit, in bytes, that can fail independently: a power of two, at least 512. Failed reads are narrowed down to it.</summary>
    int LogicalBlockSize { get; }

    /// <summary>
    /// Offsets, lengths and memory addresses of every I/O must be multiples of this many bytes, except that a transfer may end at the end of the device. A
    /// power of two; 1 if the device accepts anything.
    /// </summary>
    int Alignment { get; }

    /// <summary>True if writes are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>What the device can do beyond reading and writing.</summary>
    DeviceFeatures Features { get; }

    /// <summary>Where the bytes at <paramref name="offset"/> are actually stored, so that two regions can be tested for overlap through any layers.</summary>
    /// <param name="offset">Byte offset on this device.</param>
    StorageLocation Locate(long offset) => new(this, offset);

    /// <summary>Reads from <paramref name="offset"/> (bytes) into <paramref name="buffer"/>.</summary>
    ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer);

    /// <summary>Writes <paramref name="buffer"/> at <paramref name="offset"/> (bytes).</summary>
    ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer);

    /// <summary>Makes a range read as zeroes. Only called if <see cref="DeviceFeatures.WriteZeroes"/> is set; may still return
    /// <see cref="IoError.NotSupported"/>, and the caller then writes zeroes.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <summary>Like <see cref="WriteZeroesAsync"/>, and releases the space where the device can, making a hole. The feature and the results are the
    /// same.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> PunchAsync(long offset, long length) => WriteZeroesAsync(offset, length);

    /// <summary>Reports what begins at an offset: data, or a hole. Only called if <see cref="DeviceFeatures.Map"/> is set. A range reported as zero must read
    /// as zeroes until it is written.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes to examine.</param>
    ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Data(length));

    /// <summary>The methods of <see cref="CloneFromAsync"/> worth trying from this source, as far as is known without accessing the medium: must not block.
    /// Only called if both devices have <see cref="DeviceFeatures.Clone"/>.</summary>
    /// <param name="source">The device to clone from.</param>
    OffloadKinds CloneKinds(IBlockDevice source) => OffloadKinds.None;

    /// <summary>
    /// Makes a range hold the content of a range of another device, without reading it into memory. Like any transfer, it may do less than requested; zero
    /// bytes or an error mean that the caller must copy the rest, which overwrites anything left half done.
    /// </summary>
    /// <param name="source">The device to clone from.</param>
    /// <param name="sourceOffset">Byte offset on the source.</param>
    /// <param name="offset">Byte offset on this device.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="kind">The single method to use.</param>
    ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        new(IoResult.Failure(IoError.NotSupported));

    /// <summary>Tells the device that a range is no longer needed; what it reads as afterwards is undefined. A block that is only partly in the range keeps
    /// its content. Only called if <see cref="DeviceFeatures.Discard"/> is set.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> DiscardAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <summary>
    /// Returns when everything acknowledged before the call is on stable storage. A failure means that any write since the last successful flush may be lost:
    /// the kernel reports it once and then forgets it, so the device must not report success for those writes later.
    /// </summary>
    ValueTask<IoResult> FlushAsync();

    /// <summary>Makes later reads of a range come from the medium instead of a cache, as far as the device can. Called after a flush, before a
    /// verification.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> EvictAsync(long offset, long length) => new(IoResult.Success(0));
}
