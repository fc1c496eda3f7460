using System.Net.Sockets;
using System.Runtime.Versioning;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>The name of a unix socket in the file system.</summary>
/// <remarks>
/// Invariants: a name is checked, replaced and bound, and its socket begins to listen, under the lock of its folder, so that one of several servers that start
/// at the same time gets it. Only a socket that refuses connections is replaced: its server has ended. A server removes its name before it stops listening, and
/// only if it still owns the name, so that it never removes another server's.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class SocketFile
{
    private readonly string _path;
    private readonly FileStatus _own;

    private SocketFile(string path, in FileStatus own)
    {
        _path = path;
        _own = own;
    }

    /// <summary>Binds the socket to a path and listens.</summary>
    /// <param name="socket">A new stream socket.</param>
    /// <param name="path">The path.</param>
    /// <param name="backlog">Maximum number of clients that wait to be accepted.</param>
    /// <param name="restrict">Called with the path before clients can connect.</param>
    /// <exception cref="NbdListenException">The path is taken, or the system refuses.</exception>
    public static SocketFile Listen(Socket socket, string path, int backlog, Action<string>? restrict = null)
    {
        var endPoint = new UnixSocketEndPoint(path);    // .NET's own end point deletes the name when the socket is closed, even another server's
        try
        {
            var full = Path.GetFullPath(path);
            using var held = FolderLock.Acquire(Path.GetDirectoryName(full)!);
            RemoveAbandoned(endPoint, path, held.IsHeld);
            socket.Bind(endPoint);
            restrict?.Invoke(full);
            socket.Listen(backlog);
            var result = LibC.LinkStatus(full, out var own);
            return result == 0 ? new SocketFile(full, own)
                : throw Refusal(NbdListenError.Vanished, endPoint, $"it was removed after it was bound: {LibC.Message((int)-result)}.");
        }
        catch (SocketException refused)
        {
            throw NbdListenException.Of(endPoint, refused);
        }
        catch (Exception refused) when (refused is (IOException or UnauthorizedAccessException) and not NbdListenException)
        {
            throw Refusal(refused is UnauthorizedAccessException ? NbdListenError.AccessDenied : NbdListenError.Other, endPoint, refused.Message, refused);
        }
    }

    /// <summary>Removes the name if it still belongs to this server. The socket must still be open: until it is closed, the kernel does not reuse its inode
    /// number.</summary>
    public void Remove()
    {
        // A failure leaves a name that the next server replaces: the folder is gone, or now belongs to another user.
        if (LibC.LinkStatus(_path, out var now) == 0 && now.Kind == FileKind.Socket && IsSame(now, _own))
            LibC.Unlink(_path);
    }

    private static bool IsSame(in FileStatus one, in FileStatus other) =>
        (one.Inode, one.DeviceMajor, one.DeviceMinor) == (other.Inode, other.DeviceMajor, other.DeviceMinor);

    private static void RemoveAbandoned(UnixSocketEndPoint endPoint, string path, bool mayReplace)
    {
        if (LibC.LinkStatus(path, out var status) < 0)
            return;         // the name is free, or binding reports the error
        if (status.Kind != FileKind.Socket)
            throw Refusal(NbdListenError.NotASocket, endPoint, "it exists and is not a socket. Give another path, or remove it.");
        if (!IsAbandoned(path))
            throw Refusal(NbdListenError.AddressInUse, endPoint, "Address already in use. Another server listens there.");
        if (!mayReplace)
        {
            throw Refusal(NbdListenError.Abandoned, endPoint,
                "a server that has ended left it behind, and its folder cannot be locked to replace it. Remove it.");
        }
        if (LibC.Unlink(path) is < 0 and var errno)
        {
            throw Refusal(NbdListenError.Abandoned, endPoint,
                $"a server that has ended left it behind, and it cannot be removed: {LibC.Message((int)-errno)}.");
        }
    }

    private static NbdListenException Refusal(NbdListenError reason, UnixSocketEndPoint endPoint, string why, Exception? cause = null) =>
        new(reason, endPoint, $"cannot be listened on: {why}", cause);

    // Non-blocking: a live but busy server has a full queue of clients, and connecting would wait for it.
    private static bool IsAbandoned(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixSocketEndPoint(path));
            return false;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
