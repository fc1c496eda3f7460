using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>A socket that clients come to. No other server has its address: TCP ports are not shared, and see <see cref="SocketFile"/>.</summary>
internal sealed class Listener : ITransportListener
{
    private const int Backlog = 512;
    private const int KeepAliveProbes = 6;

    private readonly Socket _socket;
    private readonly SocketFile? _file;     // of a unix socket that was made here
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
    /// <param name="endPoint">Where.</param>
    /// <param name="mayBeReached">True if other machines may reach it.</param>
    /// <param name="keepAlive">How long a client over TCP may be silent before the kernel asks whether it is still there; zero never asks.</param>
    /// <exception cref="NbdListenException">It cannot be listened on, or must not: others can reach it, and there is no TLS.</exception>
    public static Listener Open(EndPoint endPoint, bool mayBeReached, TimeSpan keepAlive)
    {
        Check(endPoint, mayBeReached);
        if (endPoint.AddressFamily != AddressFamily.Unix && endPoint is not IPEndPoint)
            throw new NbdListenException(NbdListenError.Unsupported, endPoint,
                "is not an address to listen on; give an IPEndPoint or a UnixDomainSocketEndPoint.");
        var isUnix = endPoint is not IPEndPoint;
        if (isUnix && !OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException($"{endPoint}: a unix socket is served on Linux only; listen on an address of loopback, new IPEndPoint(IPAddress.Loopback, port).");
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsLinux() && isUnix && !IsAbstract(endPoint))
                return new Listener(socket, endPoint, SocketFile.Listen(socket, endPoint.ToString()!, Backlog), keepAlive);
            // [::] and 0.0.0.0 are two addresses, which two servers may have. And never the framework's ReuseAddress, which shares the port with other servers
            // (SO_REUSEPORT); that a port can be taken again right after its server's end, it sets by itself.
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

    /// <summary>Takes a socket that listens already. If it has a name in the file system, that stays its maker's.</summary>
    /// <exception cref="NbdListenException">It does not listen, is none of the kinds that clients come by, or others can reach it, and there is no
    /// TLS.</exception>
    public static Listener Take(Socket socket, bool mayBeReached, TimeSpan keepAlive)
    {
        if (socket.SocketType != SocketType.Stream || socket.AddressFamily is not (AddressFamily.Unix or AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new NbdListenException(NbdListenError.Unsupported, null,
                $"is of {socket.AddressFamily} and {socket.SocketType}, which NBD clients do not use; give a TCP or unix stream socket.");
        if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! == 0)
            throw new NbdListenException(NbdListenError.NotListening, socket.LocalEndPoint,
                "does not listen. Give a socket that does, as systemd passes with Accept=no.");
        Check(socket.LocalEndPoint!, mayBeReached);
        return new Listener(socket, socket.LocalEndPoint!, null, keepAlive);
    }

    /// <inheritdoc/>
    /// <remarks>What is wrong with a client that is gone by now surfaces in its connection.</remarks>
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
            return;         // by now the name may be another server's
        _isDisposed = true;
        if (OperatingSystem.IsLinux())
            _file?.Remove();
        _socket.Dispose();
    }

    /// <returns>The client's name, for people: all of a unix socket have its address, and their processes tell them apart.</returns>
    private string Prepare(Socket client)
    {
        if (client.AddressFamily == AddressFamily.Unix)
            return SocketConnection.ProcessOf(client) is { } process ? string.Create(CultureInfo.InvariantCulture, $"{Name} (process {process})") : Name;
        client.NoDelay = true;      // answers are gathered here
        if (_keepAlive > TimeSpan.Zero)
            KeepAlive(client);
        return client.RemoteEndPoint?.ToString() ?? "?";
    }

    // A client whose machine or network is gone says nothing: the kernel asks. Not by TCP_USER_TIMEOUT, which also ends a client that lives and takes no
    // answers for a while; what was sent to a client that is gone ends the connection after the kernel's own retries (about 15 minutes, tcp_retries2).
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
            throw new NbdListenException(NbdListenError.Insecure, ip, "can be reached from other machines, and without TLS whoever comes may read and write. "
                + "Give certificates and require TLS, listen on loopback or on a unix socket, or allow it.");
    }

    // Its name is in no file system, and ends with the socket.
    private static bool IsAbstract(EndPoint endPoint)
    {
        const int family = 2;       // bytes of sockaddr_un before the path
        var address = endPoint.Serialize();
        return address.Size > family && address[family] == 0;
    }
}
