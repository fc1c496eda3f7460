namespace Kcopyd.Actors;

/// <summary>
/// A stream as the source of one job, created by <see cref="BlockDevice.FromStream"/>. Callers may read ahead; reads are served in the order of their offsets,
/// one at a time; zero bytes mean the end. Data is read only once: it cannot be read again, verified or resumed.
/// </summary>
/// <remarks>Any thread may call any member. A failure ends the stream: every later read fails with the same error.</remarks>
public sealed class StreamSource : StreamDevice
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Waiting> _waiting = [];       // by offset
    private long _position;
    private bool _isReading;
    private bool _isAtEnd;
    private IoError _error;

    /// <summary>Creates the device.</summary>
    /// <param name="stream">The stream to read; from now on, only this device may read from it.</param>
    /// <param name="name">A display name.</param>
    /// <param name="leaveOpen">False to dispose the stream with the device.</param>
    /// <exception cref="ArgumentException">The stream is not readable.</exception>
    public StreamSource(Stream stream, string name = "stream", bool leaveOpen = false)
        : base(stream, name, leaveOpen)
    {
        if (!stream.CanRead)
            throw new ArgumentException("The stream is not readable; pass a readable one.", nameof(stream));
    }

    /// <inheritdoc/>
    public override bool IsReadOnly => true;

    /// <inheritdoc/>
    public override DeviceFeatures Features => DeviceFeatures.Stream;

    /// <inheritdoc/>
    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        lock (_lock)
        {
            if (_error != IoError.None)
                return new(IoResult.Failure(_error));
            if (offset < _position || _waiting.ContainsKey(offset))
                return new(IoResult.Failure(IoError.Invalid));
            if (buffer.IsEmpty || _isAtEnd)
                return new(IoResult.Success(0));
            if (_isReading || offset > _position)
            {
                var waiting = new Waiting(buffer);
                _waiting.Add(offset, waiting);
                return new(waiting.Task);
            }
            _isReading = true;
        }
        return ReadAsync(buffer);
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => new(IoResult.Failure(IoError.ReadOnly));

    /// <inheritdoc/>
    public override ValueTask<IoResult> FlushAsync() => new(IoResult.Success(0));

    /// <summary>Fails the waiting reads, and disposes the stream if the device owns it. A read in flight completes when the stream completes it.</summary>
    public override ValueTask DisposeAsync()
    {
        Fail(IoError.Closed);
        return base.DisposeAsync();
    }

    private async ValueTask<IoResult> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            var bytes = await Inner.ReadAsync(buffer).ConfigureAwait(false);
            Advance(bytes);
            return IoResult.Success(bytes);
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return IoResult.Failure(Fail(StreamErrors.Of(failed)));
        }
        catch
        {
            Fail(IoError.WorkerCrashed);
            throw;
        }
    }

    // The read that waits at the new position is served next; at the end of the stream, all waiting reads complete.
    private void Advance(int bytes)
    {
        Waiting? next = null;
        List<Waiting> ended = [];
        lock (_lock)
        {
            _position += bytes;
            _isReading = false;
            _isAtEnd = bytes == 0;
            if (_isAtEnd)
            {
                ended.AddRange(_waiting.Values);
                _waiting.Clear();
            }
            else if (_waiting.Remove(_position, out next))
            {
                _isReading = true;
            }
        }
        foreach (var waiting in ended)
            waiting.SetResult(IoResult.Success(0));
        if (next is not null)
            _ = ServeAsync(next);
    }

    private async Task ServeAsync(Waiting waiting)
    {
        try
        {
            waiting.SetResult(await ReadAsync(waiting.Buffer).ConfigureAwait(false));
        }
        catch (Exception broken)
        {
            waiting.SetException(broken);
        }
    }

    private IoError Fail(IoError error)
    {
        List<Waiting> failed;
        lock (_lock)
        {
            if (_error == IoError.None)
                _error = error;
            error = _error;
            failed = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (var waiting in failed)
            waiting.SetResult(IoResult.Failure(error));
        return error;
    }

    private sealed class Waiting(Memory<byte> buffer) : TaskCompletionSource<IoResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Memory<byte> Buffer { get; } = buffer;
    }
}
