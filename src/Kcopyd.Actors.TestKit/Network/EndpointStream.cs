using System.Net.Sockets;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>A connection's side as a stream, as a <see cref="NetworkStream"/> is a socket. Reads and writes complete in steps of its process.</summary>
internal sealed class EndpointStream : Stream
{
    private readonly Endpoint _endpoint;
    private PendingRead? _read;
    private TaskCompletionSource? _room;
    private bool _isDisposed;

    public EndpointStream(Endpoint endpoint)
    {
        _endpoint = endpoint;
        endpoint.Readable = OnReadable;
        endpoint.Writable = OnWritable;
    }

    private sealed record PendingRead(Memory<byte> Buffer, TaskCompletionSource<int> Result);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_read is not null)
            throw new InvalidOperationException("A read is in progress.");
        if (TryRead(buffer.Span, out var count))
            return count;
        var pending = _read = new PendingRead(buffer, new TaskCompletionSource<int>());
        using var registration = cancellationToken.UnsafeRegister((_, token) => Later(() => pending.Result.TrySetCanceled(token)), null);
        try
        {
            return await pending.Result.Task.ConfigureAwait(false);
        }
        finally
        {
            if (_read == pending)
                _read = null;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfUnwritable();
            var count = (int)Math.Min(buffer.Length, _endpoint.Room);
            if (count > 0)
            {
                _endpoint.Send(buffer[..count].ToArray());
                buffer = buffer[count..];
                continue;
            }
            var room = _room ??= new TaskCompletionSource();
            using var registration = cancellationToken.UnsafeRegister((_, _) => Later(OnWritable), null);
            await room.Task.ConfigureAwait(false);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A simulated connection cannot block. Use ReadAsync.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A simulated connection cannot block. Use WriteAsync.");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Ends both directions: pending reads and writes end.</summary>
    public void Shutdown()
    {
        _endpoint.Close();
        _endpoint.EndInput();
    }

    protected override void Dispose(bool disposing)
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _endpoint.Close();
        // Pending reads and writes continue in a separate step, not within the caller's.
        Later(() =>
        {
            _read?.Result.TrySetException(new ObjectDisposedException(nameof(EndpointStream)));
            OnWritable();
        });
        base.Dispose(disposing);
    }

    private void Later(Action action) => _endpoint.Connection.Network.Engine.Add(_endpoint.Process, new PlainStep(action));

    private bool TryRead(Span<byte> buffer, out int count)
    {
        count = _endpoint.Read(buffer);
        if (count > 0 || buffer.IsEmpty)
            return true;
        if (_endpoint.IsReset)
            throw new IOException("The connection was reset.", new SocketException((int)SocketError.ConnectionReset));
        return _endpoint.IsInputEnded;
    }

    private void OnReadable()
    {
        if (_read is not { } pending)
            return;
        try
        {
            if (TryRead(pending.Buffer.Span, out var count))
                pending.Result.TrySetResult(count);
        }
        catch (IOException reset)
        {
            pending.Result.TrySetException(reset);
        }
    }

    private void OnWritable() => Interlocked.Exchange(ref _room, null)?.TrySetResult();

    private void ThrowIfUnwritable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_endpoint.IsReset)
            throw new IOException("The connection was reset.", new SocketException((int)SocketError.ConnectionReset));
        if (_endpoint.IsClosed)
            throw new IOException("The connection is closed.", new SocketException((int)SocketError.Shutdown));
    }
}
