using System.Net.Sockets;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>A connection over a socket.</summary>
/// <param name="socket">A connected socket.</param>
/// <param name="stream">The stream over the socket, which it owns.</param>
internal sealed class SocketConnection(Socket socket, Stream stream) : TransportConnection(stream)
{
    private const int SolSocket = 1, SoPeerCred = 17;      // on Linux

    public override void EndInput() => Shut(socket, SocketShutdown.Receive);

    public override void Shutdown() => Shut(socket, SocketShutdown.Both);

    public override void Reset()
    {
        try
        {
            if (socket.ProtocolType == ProtocolType.Tcp)
                socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It is already closed.
        }
        socket.Dispose();
    }

    /// <summary>Returns the process on the other side of a unix socket; null if it is not known.</summary>
    public static int? ProcessOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];       // struct ucred: process, user, group
        try
        {
            var length = OperatingSystem.IsLinux() ? socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) : 0;
            return length == credentials.Length && BitConverter.ToInt32(credentials) is > 0 and var pid ? pid : null;
        }
        catch (SocketException)
        {
            return null;    // it is already gone
        }
    }

    /// <summary>Shuts down a socket that may already be shut down or closed.</summary>
    public static void Shut(Socket socket, SocketShutdown side)
    {
        try
        {
            socket.Shutdown(side);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It is already shut down.
        }
    }
}
