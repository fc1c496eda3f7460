using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors;

/// <summary>Reads as zeroes and discards writes. It stores nothing, so nothing overlaps it. Thread-safe.</summary>
public sealed class NullBlockDevice : IBlockDevice, IPromptDevice
{
    /// <summary>Creates the device.</summary>
    /// <param name="length">Bytes; by default the device is a sink, which has no size.</param>
    /// <param name="name">A name for messages.</param>
    public NullBlockDevice(long length = long.MaxValue, string name = "null")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        Name = name;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int LogicalBlockSize => IoRegion.SectorSize;

    /// <inheritdoc/>
    public int Alignment => 1;

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public DeviceFeatures Features =>
        DeviceFeatures.WriteZeroes | DeviceFeatures.Discard | (Length == long.MaxValue ? DeviceFeatures.Sink : DeviceFeatures.None);

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;

    /// <inheritdoc/>
    public StorageLocation Locate(long offset) => new(null, offset);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        if (offset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        buffer.Span[..count].Clear();
        return new(IoResult.Success(count));
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => WriteZeroesAsync(offset, buffer.Length);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None
            ? new(IoResult.Failure(refusal))
            : new(IoResult.Success(Bounds.Clamp(Length, offset, length)));

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => WriteZeroesAsync(offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => new(IoResult.Success(0));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
