using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors;

/// <summary>A part of another device as a separate device: a partition without a table. As thread-safe as the inner device.</summary>
public sealed class RangeBlockDevice : IBlockDevice, IPromptDevice
{
    private readonly IBlockDevice _inner;
    private readonly long _offset;
    private readonly bool _leaveOpen;

    /// <summary>Creates the device.</summary>
    /// <param name="inner">The device that contains the range.</param>
    /// <param name="offset">First byte: a multiple of 512, and of the inner device's alignment.</param>
    /// <param name="length">Bytes: a multiple of the same, or up to the end of the inner device.</param>
    /// <param name="leaveOpen">True, the default, if disposing the range leaves the inner device open: other ranges may use it.</param>
    /// <exception cref="ArgumentException">The range is not aligned.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches past the end of the inner device.</exception>
    public RangeBlockDevice(IBlockDevice inner, long offset, long length, bool leaveOpen = true)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (offset > inner.Length || length > inner.Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), length, $"The range {offset}+{length} reaches past the end of {inner.Name} ({inner.Length} bytes).");
        }
        var unit = Math.Max(IoRegion.SectorSize, inner.Alignment);
        if (offset % unit != 0)
            throw new ArgumentException($"The range starts at byte {offset}, which is not a multiple of {unit} as {inner.Name} requires.", nameof(offset));
        if (length % unit != 0 && offset + length != inner.Length)
        {
            throw new ArgumentException(
                $"The range has {length} bytes, which is not a multiple of {unit} as {inner.Name} requires, and does not reach to its end.", nameof(length));
        }
        _inner = inner;
        _offset = offset;
        _leaveOpen = leaveOpen;
        Length = length;
    }

    /// <inheritdoc/>
    public string Name => $"{_inner.Name}@{_offset}+{Length}";

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int LogicalBlockSize => _inner.LogicalBlockSize;

    /// <inheritdoc/>
    public int Alignment => _inner.Alignment;

    /// <inheritdoc/>
    public bool IsReadOnly => _inner.IsReadOnly;

    /// <inheritdoc/>
    public DeviceFeatures Features => _inner.Features;

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => _inner.IsPrompt(operation);

    /// <inheritdoc/>
    public StorageLocation Locate(long offset) => _inner.Locate(_offset + offset);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) =>
        offset < 0 ? new(IoResult.Failure(IoError.Invalid))
        : Bounds.Clamp(Length, offset, buffer.Length) is var count && count == 0 ? new(IoResult.Success(0))
        : _inner.ReadAsync(_offset + offset, buffer[..count]);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None ? new(IoResult.Failure(refusal))
        : _inner.WriteAsync(_offset + offset, buffer[..Bounds.Clamp(Length, offset, buffer.Length)]);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None ? new(IoResult.Failure(refusal))
        : _inner.WriteZeroesAsync(_offset + offset, Bounds.Clamp(Length, offset, length));

    /// <inheritdoc/>
    public ValueTask<IoResult> PunchAsync(long offset, long length) =>
        Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None ? new(IoResult.Failure(refusal))
        : _inner.PunchAsync(_offset + offset, Bounds.Clamp(Length, offset, length));

    /// <inheritdoc/>
    public ValueTask<ExtentResult> MapAsync(long offset, long length) =>
        offset < 0 || length < 0 ? new(ExtentResult.Failure(IoError.Invalid))
        : _inner.MapAsync(_offset + offset, Bounds.Clamp(Length, offset, length));

    /// <inheritdoc/>
    public OffloadKinds CloneKinds(IBlockDevice source) => _inner.CloneKinds(source);

    /// <inheritdoc/>
    public ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None ? new(IoResult.Failure(refusal))
        : _inner.CloneFromAsync(source, sourceOffset, _offset + offset, Bounds.Clamp(Length, offset, length), kind);

    /// <summary>Resolves a range to the device that contains it, through nested ranges. Other layers are not unwrapped: they may change the
    /// operation.</summary>
    internal static IBlockDevice Unwrap(IBlockDevice device, ref long offset, ref long length)
    {
        while (device is RangeBlockDevice range)
        {
            length = Bounds.Clamp(range.Length, offset, length);
            offset += range._offset;
            device = range._inner;
        }
        return device;
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) =>
        Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None ? new(IoResult.Failure(refusal))
        : _inner.DiscardAsync(_offset + offset, Bounds.Clamp(Length, offset, length));

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => _inner.FlushAsync();

    /// <inheritdoc/>
    public ValueTask<IoResult> EvictAsync(long offset, long length) => _inner.EvictAsync(_offset + offset, length);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _leaveOpen ? ValueTask.CompletedTask : _inner.DisposeAsync();
}
