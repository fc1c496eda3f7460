using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>The machine's TCP and unix sockets.</summary>
internal sealed class SocketTransport : ITransport
{
    private SocketTransport()
    {
    }

    public static SocketTransport Instance { get; } = new();

    public ITransportListener Listen(EndPoint endPoint, bool mayBeReached, TimeSpan keepAlive) => Listener.Open(endPoint, mayBeReached, keepAlive);

    public async Task<TransportConnection> ConnectAsync(NbdUri uri, EndPoint? endPoint, CancellationToken cancellationToken)
    {
        var socket = uri.Socket is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (uri.Socket is { } path)
            {
                await socket.ConnectAsync(new UnixSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
                return new SocketConnection(socket, new NetworkStream(socket, ownsSocket: true)) { Peer = path, Process = SocketConnection.ProcessOf(socket) };
            }
            DetectLoss(socket);
            if (endPoint is null)
                await socket.ConnectAsync(uri.Host!, uri.Port, cancellationToken).ConfigureAwait(false);
            else
                await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new SocketConnection(socket, new NetworkStream(socket, ownsSocket: true)) { Peer = uri.Host!, EndPoint = socket.RemoteEndPoint };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Detects a server that disappears silently after half a minute, busy or idle, instead of TCP's own quarter of an hour.
    private static void DetectLoss(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(6, 18, BitConverter.GetBytes(30_000));        // IPPROTO_TCP, TCP_USER_TIMEOUT: milliseconds
    }
}
