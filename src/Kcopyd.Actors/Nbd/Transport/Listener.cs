using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>A listening socket. No other server has its address: TCP ports are not shared, and for unix sockets see <see cref="SocketFile"/>.</summary>
internal sealed class Listener : ITransportListener
{
    private const int Backlog = 512;
    private const int KeepAliveProbes = 6;

    private readonly Socket _socket;
    private readonly SocketFile? _file;     // of a unix socket that was created here
    private readonly TimeSpan _keepAlive;
    private bool _isDisposed;

    private Listener(Socket socket, EndPoint endPoint, SocketFile? file, TimeSpan keepAlive)
    {
        _socket = socket;
        _file = file;
        _keepAlive = keepAlive;
        EndPoint = endPoint;
    }

    public EndPoint EndPoint { get; }

    public string Name => NbdListenException.NameOf(EndPoint);

    /// <summary>Binds a socket and listens.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="mayBeReached">True if other machines may reach the address.</param>
    /// <param name="keepAlive">How long a TCP client may be silent before the kernel probes whether it is still there; zero disables probes.</param>
    /// <exception cref="NbdListenException">The address cannot be listened on, or must not be: other machines can reach it, and there is no TLS.</exception>
    public static Listener Open(EndPoint endPoint, bool mayBeReached, TimeSpan keepAlive)
    {
        Check(endPoint, mayBeReached);
        if (endPoint.AddressFamily != AddressFamily.Unix && endPoint is not IPEndPoint)
            throw new NbdListenException(NbdListenError.Unsupported, endPoint,
                "is not an address to listen on; give an IPEndPoint or a UnixDomainSocketEndPoint.");
        var isUnix = endPoint is not IPEndPoint;
        if (isUnix && !OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException($"{endPoint}: unix sockets are supported on Linux only; "
                + "listen on a loopback address, new IPEndPoint(IPAddress.Loopback, port).");
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsLinux() && isUnix && !IsAbstract(endPoint))
                return new Listener(socket, endPoint, SocketFile.Listen(socket, endPoint.ToString()!, Backlog), keepAlive);
            // [::] and 0.0.0.0 are two addresses that two servers may have. The framework's ReuseAddress is not set: it shares the port with other servers
            // (SO_REUSEPORT), and the framework already allows a port to be reused right after its server has ended.
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new Listener(socket, isUnix ? endPoint : socket.LocalEndPoint!, null, keepAlive);
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw NbdListenException.Of(endPoint, refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes a socket that already listens. If it has a name in the file system, its creator still owns the name.</summary>
    /// <exception cref="NbdListenException">The socket does not listen, is of a kind that clients do not use, or other machines can reach it and there is no
    /// TLS.</exception>
    public static Listener Take(Socket socket, bool mayBeReached, TimeSpan keepAlive)
    {
        if (socket.SocketType != SocketType.Stream
            || socket.AddressFamily is not (AddressFamily.Unix or AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new NbdListenException(NbdListenError.Unsupported, null,
                $"has family {socket.AddressFamily} and type {socket.SocketType}, which NBD clients do not use; pass a TCP or unix stream socket.");
        if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! == 0)
            throw new NbdListenException(NbdListenError.NotListening, socket.LocalEndPoint,
                "does not listen. Pass a socket that does, as systemd does with Accept=no.");
        Check(socket.LocalEndPoint!, mayBeReached);
        return new Listener(socket, socket.LocalEndPoint!, null, keepAlive);
    }

    /// <inheritdoc/>
    /// <remarks>Errors of a client that has already disconnected surface on its connection.</remarks>
    public async Task<TransportConnection> AcceptAsync()
    {
        var client = await _socket.AcceptAsync().ConfigureAwait(false);
        try
        {
            return new SocketConnection(client, new LaneStream(client)) { Peer = Prepare(client) };
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;         // the name may belong to another server by now
        _isDisposed = true;
        if (OperatingSystem.IsLinux())
            _file?.Remove();
        _socket.Dispose();
    }

    /// <returns>The client's name, for messages. All clients of a unix socket have its address, so their processes tell them apart.</returns>
    private string Prepare(Socket client)
    {
        if (client.AddressFamily == AddressFamily.Unix)
            return SocketConnection.ProcessOf(client) is { } process ? string.Create(CultureInfo.InvariantCulture, $"{Name} (process {process})") : Name;
        client.NoDelay = true;      // replies are already batched
        if (_keepAlive > TimeSpan.Zero)
            KeepAlive(client);
        return client.RemoteEndPoint?.ToString() ?? "?";
    }

    // A client whose machine or network is gone sends nothing, so the kernel probes it. TCP_USER_TIMEOUT is not set, because it also ends a live client that
    // reads no replies for a while; data sent to a client that is gone ends the connection after the kernel's own retries (about 15 minutes, tcp_retries2).
    private void KeepAlive(Socket client)
    {
        client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)Math.Ceiling(_keepAlive.TotalSeconds));
        client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)Math.Ceiling(_keepAlive.TotalSeconds / KeepAliveProbes));
        client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    private static void Check(EndPoint endPoint, bool mayBeReached)
    {
        if (endPoint is IPEndPoint ip && !IPAddress.IsLoopback(ip.Address) && !mayBeReached)
            throw new NbdListenException(NbdListenError.Insecure, ip, "can be reached from other machines, and without TLS any client may read and write. "
                + "Give certificates and require TLS, listen on loopback or on a unix socket, or allow it.");
    }

    // An abstract name is not in the file system, and disappears with the socket.
    private static bool IsAbstract(EndPoint endPoint)
    {
        const int family = 2;       // bytes of sockaddr_un before the path
        var address = endPoint.Serialize();
        return address.Size > family && address[family] == 0;
    }
}
