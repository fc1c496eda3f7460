namespace Kcopyd.Actors;

/// <summary>A stream as a device: <see cref="StreamSource"/> reads one, <see cref="StreamSink"/> writes one.</summary>
public abstract class StreamDevice : IBlockDevice
{
    private readonly bool _leaveOpen;

    private protected StreamDevice(Stream stream, string name, bool leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Inner = stream;
        _leaveOpen = leaveOpen;
        Name = name;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Length => long.MaxValue;

    /// <inheritdoc/>
    public int LogicalBlockSize => IoRegion.SectorSize;

    /// <inheritdoc/>
    public int Alignment => 1;

    /// <inheritdoc/>
    public abstract bool IsReadOnly { get; }

    /// <inheritdoc/>
    public abstract DeviceFeatures Features { get; }

    private protected Stream Inner { get; }

    /// <inheritdoc/>
    public StorageLocation Locate(long offset) => new(null, offset);

    /// <inheritdoc/>
    public abstract ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer);

    /// <inheritdoc/>
    public abstract ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer);

    /// <inheritdoc/>
    public abstract ValueTask<IoResult> FlushAsync();

    /// <summary>Disposes the stream, if the device owns it.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _leaveOpen ? ValueTask.CompletedTask : Inner.DisposeAsync();
    }
}

/// <summary>Maps the exceptions of a stream to the errors of a device.</summary>
internal static class StreamErrors
{
    private const int MaxErrno = 4095;

    public static IoError Of(Exception failed) => failed switch
    {
        ObjectDisposedException => IoError.Closed,
        OperationCanceledException => IoError.Cancelled,
        { HResult: > 0 and <= MaxErrno and var errno } => (IoError)errno,      // as in .NET's own exceptions on Linux
        _ => IoError.Io,
    };
}
