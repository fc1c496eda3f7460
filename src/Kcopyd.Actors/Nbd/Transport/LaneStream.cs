using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>
/// A stream over a socket. On an engine thread that has a ring, operations that must wait do so on the ring, together with the thread's disk I/O: a request
/// then costs one wake-up, where the framework's own path (a poller, the thread pool, the engine) costs three. On other threads the base class does the work.
/// </summary>
/// <remarks>One read and one write at a time. Shutting down the socket or disposing the stream ends a wait; cancellation does so only off the ring. A socket
/// that has been used off the ring once stays registered with the poller, which wakes up for each of its bytes: begin on the ring.</remarks>
internal sealed class LaneStream : NetworkStream
{
    private readonly FileDescriptor? _file;     // for the ring, which only Linux has

    /// <param name="socket">A connected socket, which the stream owns from now on.</param>
    public LaneStream(Socket socket) : base(socket, ownsSocket: true)
    {
        _file = OperatingSystem.IsLinux() ? LibC.Duplicate(socket.SafeHandle) : null;
        socket.Blocking = false;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (EngineThread.Lane is not { } lane || buffer.IsEmpty)
            return base.ReadAsync(buffer, cancellationToken);
        var count = Socket.Receive(buffer.Span, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => new(count),
            SocketError.WouldBlock => WaitAsync(buffer),
            _ => ValueTask.FromException<int>(Broken(new SocketException((int)error).Message)),
        };

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        async ValueTask<int> WaitAsync(Memory<byte> memory)
        {
            var result = await lane.Read(_file!, memory, 0).ConfigureAwait(false);
            if (IsFalseAlarm(result))
                return await ReadElsewhereAsync(memory, cancellationToken).ConfigureAwait(false);
            return result.IsSuccess ? (int)result.Bytes : throw Broken(result.Error.ToString());
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (EngineThread.Lane is null)
            return WriteElsewhereAsync(buffer, cancellationToken);
        while (!buffer.IsEmpty)
        {
            var count = Socket.Send(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return WaitAsync(buffer);
            if (error != SocketError.Success)
                return ValueTask.FromException(Broken(new SocketException((int)error).Message));
            buffer = buffer[count..];
        }
        return ValueTask.CompletedTask;

        // The ring waits until there is some room, and writes what fits.
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        async ValueTask WaitAsync(ReadOnlyMemory<byte> rest)
        {
            while (!rest.IsEmpty)
            {
                if (EngineThread.Lane is not { } lane)
                {
                    await WriteElsewhereAsync(rest, cancellationToken).ConfigureAwait(false);
                    return;
                }
                var result = await lane.Write(_file!, rest, 0).ConfigureAwait(false);
                if (IsFalseAlarm(result))
                {
                    await WriteElsewhereAsync(rest, cancellationToken).ConfigureAwait(false);
                    return;
                }
                if (!result.IsSuccess)
                    throw Broken(result.Error.ToString());
                rest = rest[(int)result.Bytes..];
            }
        }
    }

    // A ring occasionally gives up a wait after a spurious wake-up: the connection is still intact.
    private static bool IsFalseAlarm(IoResult result) => (int)result.Error == LibC.EAGAIN;

    private ValueTask<int> ReadElsewhereAsync(Memory<byte> buffer, CancellationToken cancellationToken) => base.ReadAsync(buffer, cancellationToken);

    private ValueTask WriteElsewhereAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => base.WriteAsync(buffer, cancellationToken);

    private static IOException Broken(string why) => new($"The connection broke: {why}");

    protected override void Dispose(bool disposing)
    {
        SocketConnection.Shut(Socket, SocketShutdown.Both);     // the ring keeps the socket open: without this, a read pending there would never end
        base.Dispose(disposing);
        if (disposing)
            _file?.Dispose();
    }
}
