using System.Net;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>Where connections come from: a server listens on it, and a client connects by it. <see cref="SocketTransport"/> is the machine's;
/// a test may have a network of its own. Any thread.</summary>
internal interface ITransport
{
    /// <summary>Takes an address, at once: clients can connect before the first <see cref="ITransportListener.AcceptAsync"/>.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="mayBeReached">True if other machines may reach it.</param>
    /// <param name="keepAlive">How long a client over TCP may be silent before the kernel asks whether it is still there; zero never asks.</param>
    /// <exception cref="NbdListenException">It cannot be listened on, or must not: others can reach it.</exception>
    ITransportListener Listen(EndPoint endPoint, bool mayBeReached, TimeSpan keepAlive);

    /// <param name="uri">The server.</param>
    /// <param name="endPoint">The one of the host's addresses to use; null takes the first that answers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="System.Net.Sockets.SocketException">There is no connection.</exception>
    Task<TransportConnection> ConnectAsync(NbdUri uri, EndPoint? endPoint, CancellationToken cancellationToken);
}

/// <summary>An address where clients connect. Disposing of it ends a wait for one; it may be done again.</summary>
internal interface ITransportListener : IDisposable
{
    EndPoint EndPoint { get; }

    /// <summary>The address, for people.</summary>
    string Name { get; }

    /// <exception cref="System.Net.Sockets.SocketException">No connection is available now.</exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    Task<TransportConnection> AcceptAsync();
}

/// <summary>One side of a connection: its stream, and what only its transport can do. Any thread may end it.</summary>
internal abstract class TransportConnection(Stream stream) : IDisposable
{
    public Stream Stream => stream;

    /// <summary>The other side, for people.</summary>
    public required string Peer { get; init; }

    /// <summary>Where a connection over TCP leads to; null for others.</summary>
    public EndPoint? EndPoint { get; init; }

    /// <summary>The process on the other side, where it is on this machine and known.</summary>
    public int? Process { get; init; }

    /// <summary>As if the other side had ended: a read that waits gets what has come, and then the end.</summary>
    public abstract void EndInput();

    /// <summary>Ends both directions: reads and writes that wait end.</summary>
    public abstract void Shutdown();

    /// <summary>Closes it so that nothing is sent any more, not even what a write has handed over.</summary>
    public abstract void Reset();

    /// <summary>Closes it.</summary>
    public void Dispose() => stream.Dispose();
}
