using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>A socket that clients come to.</summary>
internal sealed class Listener : IDisposable
{
    private readonly Socket _socket;
    private readonly string? _path;     // of a unix socket, which is removed with it

    private Listener(Socket socket, string? path)
    {
        _socket = socket;
        _path = path;
    }

    public EndPoint EndPoint => _socket.LocalEndPoint!;

    public string Name => _path ?? EndPoint.ToString()!;

    /// <exception cref="ArgumentException">It is not an address, or one that others can reach, and there is no TLS.</exception>
    /// <exception cref="IOException">It cannot be had; the message says why.</exception>
    public static Listener Open(EndPoint endPoint, bool mayBeReached)
    {
        if (endPoint is IPEndPoint ip && !IPAddress.IsLoopback(ip.Address) && !mayBeReached)
            throw new ArgumentException($"{ip} can be reached from other machines, and without TLS whoever comes may read and write. Give certificates and require TLS, listen on loopback or on a unix socket, or allow it.");
        var path = endPoint is UnixDomainSocketEndPoint ? endPoint.ToString() : null;
        if (path is null && endPoint is not IPEndPoint)
            throw new ArgumentException($"{endPoint} is no address to listen on; give an IPEndPoint or a UnixDomainSocketEndPoint.");
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, path is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (path is not null)
                RemoveAbandoned(path, endPoint);
            else
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(endPoint);
            socket.Listen(512);
            return new Listener(socket, path);
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new IOException($"{path ?? endPoint.ToString()} cannot be listened on: {refused.Message}.{(refused.SocketErrorCode == SocketError.AddressAlreadyInUse ? " Another server does, or something else is there." : "")}", refused);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="SocketException">No connection can be had now.</exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public async Task<Accepted> AcceptAsync()
    {
        var client = await _socket.AcceptAsync().ConfigureAwait(false);
        if (_path is null)
        {
            // Answers are gathered here, and a client that vanished with its machine is found out.
            client.NoDelay = true;
            client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        }
        return new Accepted(this, client, _path is null ? client.RemoteEndPoint?.ToString() ?? "?" : _path);
    }

    public void Dispose()
    {
        _socket.Dispose();
        try
        {
            if (_path is not null)
                File.Delete(_path);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // Its folder is gone, or is another's now: a server that ends does not fail for a name that nobody answers to.
        }
    }

    // A server that was killed leaves its name behind. A living one answers there, and anything but a socket is somebody's.
    private static void RemoveAbandoned(string path, EndPoint endPoint)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException nobody) when (nobody.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
        }
        catch (SocketException)
        {
            // Binding says what is wrong.
        }
    }

    // Nothing else cannot be opened for that reason.
    private static bool IsSocket(string path)
    {
        using var opened = LibC.Open(path, LibC.O_RDONLY, out var error);
        return opened is null && error == LibC.ENXIO;
    }
}

/// <summary>A client has come.</summary>
internal sealed record Accepted(Listener Listener, Socket Socket, string Client) : INoSerializationVerificationNeeded;
