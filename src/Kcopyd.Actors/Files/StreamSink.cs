namespace Kcopyd.Actors;

/// <summary>
/// A stream as a destination, made by <see cref="BlockDevice.ToStream"/>. Its bytes are written in order: the engine does so for a job that has one among its
/// destinations, and reads ahead meanwhile. What was written cannot be read back.
/// </summary>
/// <remarks>A write that fails is the end of the stream: every later write has the same error, because there would be a gap before it.</remarks>
public sealed class StreamSink : IBlockDevice
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private long _position;
    private IoError _error;

    /// <summary>Makes the device.</summary>
    /// <param name="stream">Where the bytes go; only this device may write it from now on.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="leaveOpen">False disposes the stream with the device.</param>
    /// <exception cref="ArgumentException">The stream cannot be written.</exception>
    public StreamSink(Stream stream, string name = "stream", bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
            throw new ArgumentException("The stream cannot be written; give one that can.", nameof(stream));
        _stream = stream;
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
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public DeviceFeatures Features => DeviceFeatures.Stream | DeviceFeatures.Sink;

    /// <inheritdoc/>
    public StorageLocation Locate(long offset) => new(null, offset);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (_error != IoError.None)
            return IoResult.Failure(_error);
        if (offset != _position)
            return IoResult.Failure(IoError.Invalid);
        try
        {
            await _stream.WriteAsync(buffer).ConfigureAwait(false);
            _position += buffer.Length;
            return IoResult.Success(buffer.Length);
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return IoResult.Failure(_error = StreamErrors.Of(failed));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IoResult> FlushAsync()
    {
        try
        {
            await _stream.FlushAsync().ConfigureAwait(false);
            return new IoResult(0, _error);
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return IoResult.Failure(StreamErrors.Of(failed));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _leaveOpen ? ValueTask.CompletedTask : _stream.DisposeAsync();
}

/// <summary>What went wrong with a stream, as a device tells it.</summary>
internal static class StreamErrors
{
    private const int HighestErrno = 4095;

    public static IoError Of(Exception failed) => failed switch
    {
        ObjectDisposedException => IoError.Closed,
        OperationCanceledException => IoError.Cancelled,
        { HResult: > 0 and <= HighestErrno and var errno } => (IoError)errno,      // as .NET's own exceptions have it on Linux
        _ => IoError.Io,
    };
}
