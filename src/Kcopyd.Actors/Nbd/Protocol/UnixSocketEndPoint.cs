using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>The address of a unix socket whose path may contain any bytes. .NET's own class accepts only UTF-8.</summary>
internal sealed class UnixSocketEndPoint(string path) : EndPoint
{
    /// <summary>Maximum bytes of the path in <c>sockaddr_un</c>, without the NUL.</summary>
    public const int MaxPath = 107;

    private const int FamilySize = 2;

    /// <summary>Creates the address; returns null if the path is too long.</summary>
    public static UnixSocketEndPoint? Of(string path) => UnixPath.Encode(path).Length - 1 <= MaxPath ? new UnixSocketEndPoint(path) : null;

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>Returns the path if a socket can have it.</summary>
    /// <exception cref="ArgumentException">No socket can have the path.</exception>
    public static string Checked(string path) => UnixPath.Encode(path = NbdUri.CheckedPath(path, "the socket's path")).Length - 1 <= MaxPath
        ? path
        : throw new ArgumentException($"the socket's path is too long for a unix socket ({MaxPath} bytes); use a shorter one, or a link to it");

    public override SocketAddress Serialize()
    {
        var bytes = UnixPath.Encode(path);
        var address = new SocketAddress(AddressFamily.Unix, FamilySize + bytes.Length);
        bytes.CopyTo(address.Buffer.Span[FamilySize..]);
        return address;
    }

    public override EndPoint Create(SocketAddress socketAddress) => this;

    /// <returns>The path.</returns>
    public override string ToString() => path;
}
