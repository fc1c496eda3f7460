namespace Kcopyd.Actors;

/// <summary>
/// A stream as a destination, created by <see cref="BlockDevice.ToStream"/>. Bytes are written in order: the engine does so for a job with such a destination,
/// and reads ahead. Written data cannot be read back.
/// </summary>
/// <remarks>A failed write ends the stream: every later write fails with the same error, because it would leave a gap.</remarks>
public sealed class StreamSink : StreamDevice
{
    private long _position;
    private IoError _error;

    /// <summary>Creates the device.</summary>
    /// <param name="stream">The stream to write to; from now on, only this device may write to it.</param>
    /// <param name="name">A display name.</param>
    /// <param name="leaveOpen">False to dispose the stream with the device.</param>
    /// <exception cref="ArgumentException">The stream is not writable.</exception>
    public StreamSink(Stream stream, string name = "stream", bool leaveOpen = false)
        : base(stream, name, leaveOpen)
    {
        if (!stream.CanWrite)
            throw new ArgumentException("The stream is not writable; pass a writable one.", nameof(stream));
    }

    /// <inheritdoc/>
    public override bool IsReadOnly => false;

    /// <inheritdoc/>
    public override DeviceFeatures Features => DeviceFeatures.Stream | DeviceFeatures.Sink;

    /// <inheritdoc/>
    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public override async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (_error != IoError.None)
            return IoResult.Failure(_error);
        if (offset != _position)
            return IoResult.Failure(IoError.Invalid);
        try
        {
            await Inner.WriteAsync(buffer).ConfigureAwait(false);
            _position += buffer.Length;
            return IoResult.Success(buffer.Length);
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return IoResult.Failure(_error = StreamErrors.Of(failed));
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<IoResult> FlushAsync()
    {
        try
        {
            await Inner.FlushAsync().ConfigureAwait(false);
            return new IoResult(0, _error);
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return IoResult.Failure(StreamErrors.Of(failed));
        }
    }
}
