using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.Dispatch;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// A socket as a stream. On a thread of the engine that has a ring, what has to wait waits there, beside the thread's disk I/O: a request
/// then costs one wake-up, where the framework's own way (a poller, the thread pool, the engine) costs three. Elsewhere it is what it derives from.
/// </summary>
/// <remarks>One read and one write at a time. A cancellation ends a wait only off the ring; <see cref="EndInput"/> and disposing end every wait.</remarks>
internal sealed class LaneStream : NetworkStream
{
    private readonly FileDescriptor _file;

    /// <param name="socket">Connected; owned from now on.</param>
    public LaneStream(Socket socket) : base(socket, ownsSocket: true)
    {
        _file = LibC.Duplicate(socket.SafeHandle);
        socket.Blocking = false;
    }

    /// <summary>As if the other side had ended: a read that waits gets what has come, and then the end.</summary>
    public void EndInput() => Shut(SocketShutdown.Receive);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (EngineThread.Lane is not { } lane || buffer.IsEmpty)
            return base.ReadAsync(buffer, cancellationToken);
        var count = Socket.Receive(buffer.Span, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => new(count),
            SocketError.WouldBlock => WaitAsync(buffer),
            _ => ValueTask.FromException<int>(new IOException(new SocketException((int)error).Message)),
        };

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        async ValueTask<int> WaitAsync(Memory<byte> memory)
        {
            var result = await lane.Read(_file, memory, 0).ConfigureAwait(false);
            return result.IsSuccess ? (int)result.Bytes : throw new IOException($"The connection broke: {result.Error}.");
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (EngineThread.Lane is null)
            return base.WriteAsync(buffer, cancellationToken);
        while (!buffer.IsEmpty)
        {
            var count = Socket.Send(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return base.WriteAsync(buffer, cancellationToken);
            if (error != SocketError.Success)
                return ValueTask.FromException(new IOException(new SocketException((int)error).Message));
            buffer = buffer[count..];
        }
        return ValueTask.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        // The ring holds the socket open: without this, a read that waits there would wait for ever.
        Shut(SocketShutdown.Both);
        base.Dispose(disposing);
        if (disposing)
            _file.Dispose();
    }

    private void Shut(SocketShutdown side)
    {
        try
        {
            Socket.Shutdown(side);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It is shut already.
        }
    }
}
