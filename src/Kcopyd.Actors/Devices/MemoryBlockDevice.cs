using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors;

/// <summary>
/// A device in memory, initially zero. Thread-safe; if two writes to the same bytes run concurrently, each byte comes from one of them. The content is lost
/// when the device is collected: there is nothing to flush.
/// </summary>
public sealed class MemoryBlockDevice : IBlockDevice, IPromptDevice
{
    private readonly byte[] _bytes;
    private volatile bool _closed;

    /// <summary>Allocates the device.</summary>
    /// <param name="length">Bytes, not necessarily a multiple of 512; at most <see cref="Array.MaxLength"/>.</param>
    /// <param name="logicalBlockSize">Bytes that fail together: a power of two, at least 512.</param>
    /// <param name="alignment">A power of two. I/O whose offset, length or memory is not a multiple of that many bytes is refused with
    /// <see cref="IoError.Invalid"/>, as by a disk in direct mode; 1 accepts anything.</param>
    /// <param name="readOnly">Refuses writes; <see cref="Bytes"/> can still be filled.</param>
    /// <param name="name">A name for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public MemoryBlockDevice(long length, int logicalBlockSize = 512, int alignment = 1, bool readOnly = false, string name = "memory")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength);
        if (logicalBlockSize < IoRegion.SectorSize || !int.IsPow2(logicalBlockSize))
            throw new ArgumentOutOfRangeException(nameof(logicalBlockSize), logicalBlockSize, "A logical block is a power of two of at least 512 bytes.");
        if (!int.IsPow2(alignment))
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "An alignment is a power of two.");
        _bytes = new byte[length];
        LogicalBlockSize = logicalBlockSize;
        Alignment = alignment;
        IsReadOnly = readOnly;
        Name = name;
    }

    /// <summary>The content, to fill and to examine. Not synchronized with running I/O.</summary>
    public Span<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Length => _bytes.Length;

    /// <inheritdoc/>
    public int LogicalBlockSize { get; }

    /// <inheritdoc/>
    public int Alignment { get; }

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    public DeviceFeatures Features => IsReadOnly ? DeviceFeatures.None : DeviceFeatures.WriteZeroes | DeviceFeatures.Discard;

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        if (_closed)
            return new(IoResult.Failure(IoError.Closed));
        if (offset < 0 || !IsAligned(offset, buffer.Span))
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        if (count > 0)
            _bytes.AsSpan((int)offset, count).CopyTo(buffer.Span);
        return new(IoResult.Success(count));
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (_closed)
            return new(IoResult.Failure(IoError.Closed));
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        if (!IsAligned(offset, buffer.Span))
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        if (count > 0)
            buffer.Span[..count].CopyTo(_bytes.AsSpan((int)offset));
        return new(IoResult.Success(count));
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length)
    {
        if (_closed)
            return new(IoResult.Failure(IoError.Closed));
        if (Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(Length, offset, length);
        if (count > 0)
            _bytes.AsSpan((int)offset, (int)count).Clear();
        return new(IoResult.Success(count));
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => WriteZeroesAsync(offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => new(new IoResult(0, _closed ? IoError.Closed : IoError.None));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private unsafe bool IsAligned(long offset, ReadOnlySpan<byte> memory)
    {
        if (Alignment == 1)
            return true;
        fixed (byte* address = memory)
        {
            var length = offset + memory.Length == Length ? 0 : memory.Length; // a transfer may end at the end of the device
            return (((nuint)offset | (nuint)address | (nuint)length) & (nuint)(Alignment - 1)) == 0;
        }
    }
}
