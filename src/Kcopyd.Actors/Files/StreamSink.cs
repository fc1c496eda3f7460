namespace Kcopyd.Actors;

/// <summary>
/// A stream as a destination, created by <see cref="BlockDevice.ToStream"/>. Bytes are written in order: the engine does so for a job with such a destination,
/// and reads ahead. Written data cannot be read back.
/// </summary>
/// <remarks>A failed write ends the stream: every later write fails with the same error, because it would leave a gap.</remarks>
public sealed class StreamSink : IBlockDevice
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private long _position;
    private IoError _error;

    /// <summary>Creates the device.</summary>
    /// <param name="stream">The stream to write to; from now on, only this device may write to it.</param>
    /// <param name="name">A display name.</param>
    /// <param name="leaveOpen">False to dispose the stream with the device.</param>
    /// <exception cref="ArgumentException">The stream is not writable.</exception>
    public StreamSink(Stream stream, string name = "stream", bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
            throw new ArgumentException("The stream is not writable; pass a writable one.", nameof(stream));
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
