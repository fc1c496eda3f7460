using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd;

/// <summary>Where an <see cref="NbdServer"/> listens, what it serves, and what it demands of clients.</summary>
public sealed record NbdServerOptions
{
    /// <summary>
    /// Unix sockets (<see cref="UnixDomainSocketEndPoint"/>) and TCP addresses (<see cref="IPEndPoint"/>; port 0 takes a free one, and
    /// <see cref="NbdServer.EndPoints"/> says which). An address that other machines can reach needs <see cref="Tls"/>. No other server has the same: a port or
    /// socket in use is refused, and a unix socket that a killed server left behind is replaced. At least one of these or of <see cref="Sockets"/>.
    /// </summary>
    public IReadOnlyList<EndPoint> EndPoints { get; init; } = [];

    /// <summary>
    /// Sockets that listen already, such as those that systemd passes. The server owns them from the start on, also if the start fails, and closes them when it
    /// ends; the names of unix sockets in the file system stay.
    /// </summary>
    public IReadOnlyList<Socket> Sockets { get; init; } = [];

    /// <summary>What is served from the start; <see cref="NbdServer.AddExport"/> adds to it.</summary>
    public IReadOnlyList<NbdExport> Exports { get; init; } = [];

    /// <summary>Offers TLS to clients. Null serves in plain text.</summary>
    public NbdTls? Tls { get; init; }

    /// <summary>With <see cref="Tls"/>, refuses clients that do not use it: true, the default. False leaves it to them.</summary>
    public bool RequireTls { get; init; } = true;

    /// <summary>Listens also where other machines can reach it without TLS: whoever gets there can read and write everything.</summary>
    public bool AllowInsecureNetwork { get; init; }

    /// <summary>Limits; null takes those of <c>kcopyd.nbd.server</c>.</summary>
    public NbdServerSettings? Settings { get; init; }

    /// <summary>The clock by which certificates are valid; the system's by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The name of the server's actor; made up if null.</summary>
    public string? Name { get; init; }

    /// <summary>Where <see cref="EndPoints"/> are; the machine's sockets by default.</summary>
    internal ITransport Transport { get; init; } = SocketTransport.Instance;
}
