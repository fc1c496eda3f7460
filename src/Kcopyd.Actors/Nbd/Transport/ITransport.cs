using System.Net;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>The source of connections: a server listens on it, and a client connects through it. <see cref="SocketTransport"/> uses the machine's sockets; a
/// test may have its own network. Thread-safe.</summary>
internal interface ITransport
{
    /// <summary>Listens on an address immediately: clients can connect before the first <see cref="ITransportListener.AcceptAsync"/>.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="mayBeReached">True if other machines may reach the address.</param>
    /// <param name="keepAlive">How long a TCP client may be silent before the kernel probes whether it is still there; zero disables probes.</param>
    /// <exception cref="NbdListenException">The address cannot be listened on, or must not be: other machines can reach it.</exception>
    ITransportListener Listen(EndPoint endPoint, bool mayBeReached, TimeSpan keepAlive);

    /// <param name="uri">The server.</param>
    /// <param name="endPoint">Which of the host's addresses to use; null uses the first that answers.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The connection failed.</exception>
    Task<TransportConnection> ConnectAsync(NbdUri uri, EndPoint? endPoint, CancellationToken cancellationToken);
}

/// <summary>An address that clients connect to. Disposing it ends a pending accept, and is allowed more than once.</summary>
internal interface ITransportListener : IDisposable
{
    EndPoint EndPoint { get; }

    /// <summary>The address, for messages.</summary>
    string Name { get; }

    /// <exception cref="System.Net.Sockets.SocketException">No connection is available now.</exception>
    /// <exception cref="ObjectDisposedException">The listener was closed.</exception>
    Task<TransportConnection> AcceptAsync();
}

/// <summary>One side of a connection: its stream, and the operations specific to its transport. Any thread may end it.</summary>
internal abstract class TransportConnection(Stream stream) : IDisposable
{
    public Stream Stream => stream;

    /// <summary>The name of the other side, for messages.</summary>
    public required string Peer { get; init; }

    /// <summary>The remote end point of a TCP connection; null for others.</summary>
    public EndPoint? EndPoint { get; init; }

    /// <summary>The process on the other side, if it is on this machine and known.</summary>
    public int? Process { get; init; }

    /// <summary>Acts as if the other side had closed: a pending read receives what has arrived, and then the end.</summary>
    public abstract void EndInput();

    /// <summary>Ends both directions: pending reads and writes end.</summary>
    public abstract void Shutdown();

    /// <summary>Closes the connection so that nothing more is sent, not even what a write has handed over.</summary>
    public abstract void Reset();

    /// <summary>Closes the connection.</summary>
    public void Dispose() => stream.Dispose();
}
