using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>
/// A socket as a stream. On a thread of the engine that has a ring, what has to wait waits there, beside the thread's disk I/O: a request
/// then costs one wake-up, where the framework's own way (a poller, the thread pool, the engine) costs three. Elsewhere it is what it derives from.
/// </summary>
/// <remarks>One read and one write at a time. Shutting the socket and disposing end a wait; a cancellation does so off the ring only.
/// A socket that has been used off the ring once stays with the poller, which wakes up for each of its bytes: begin on the ring.</remarks>
internal sealed class LaneStream : NetworkStream
{
    private readonly FileDescriptor? _file;     // for rings, which only Linux has

    /// <param name="socket">Connected; owned from now on.</param>
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

        // A ring waits until there is some room, and takes what fits.
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

    // A ring gives up a wait now and then, when it was woken and there was nothing after all: the connection is as good as before.
    private static bool IsFalseAlarm(IoResult result) => (int)result.Error == LibC.EAGAIN;

    private ValueTask<int> ReadElsewhereAsync(Memory<byte> buffer, CancellationToken cancellationToken) => base.ReadAsync(buffer, cancellationToken);

    private ValueTask WriteElsewhereAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => base.WriteAsync(buffer, cancellationToken);

    private static IOException Broken(string why) => new($"The connection broke: {why}");

    protected override void Dispose(bool disposing)
    {
        SocketConnection.Shut(Socket, SocketShutdown.Both);     // the ring holds the socket open: without this, a read that waits there would wait for ever
        base.Dispose(disposing);
        if (disposing)
            _file?.Dispose();
    }
}
