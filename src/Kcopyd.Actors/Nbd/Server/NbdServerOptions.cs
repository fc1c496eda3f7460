using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd;

/// <summary>Options of an <see cref="NbdServer"/>: the addresses, the exports, and the requirements for clients.</summary>
public sealed record NbdServerOptions
{
    /// <summary>
    /// Unix sockets (<see cref="UnixDomainSocketEndPoint"/>) and TCP addresses (<see cref="IPEndPoint"/>; port 0 selects a free port, which
    /// <see cref="NbdServer.EndPoints"/> returns). An address that other machines can reach requires <see cref="Tls"/>. Addresses are exclusive: a port or
    /// socket in use is refused; a Unix socket left behind by a killed server is replaced. At least one address or one of <see cref="Sockets"/> is required.
    /// </summary>
    public IReadOnlyList<EndPoint> EndPoints { get; init; } = [];

    /// <summary>
    /// Sockets that already listen, such as those passed by systemd. The server takes ownership when it starts, even if the start fails, and closes them when
    /// it ends; it does not delete Unix sockets from the file system.
    /// </summary>
    public IReadOnlyList<Socket> Sockets { get; init; } = [];

    /// <summary>The initial exports; <see cref="NbdServer.AddExport"/> adds more.</summary>
    public IReadOnlyList<NbdExport> Exports { get; init; } = [];

    /// <summary>Offers TLS to clients. Null serves in plain text.</summary>
    public NbdTls? Tls { get; init; }

    /// <summary>With <see cref="Tls"/>: true (the default) refuses clients that do not use TLS; false makes TLS optional.</summary>
    public bool RequireTls { get; init; } = true;

    /// <summary>Allows addresses that other machines can reach without TLS: any client that can connect can read and write everything.</summary>
    public bool AllowInsecureNetwork { get; init; }

    /// <summary>The limits; null uses those of <c>kcopyd.nbd.server</c>.</summary>
    public NbdServerSettings? Settings { get; init; }

    /// <summary>The clock for the validity of certificates; the system clock by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The name of the server's actor; generated if null.</summary>
    public string? Name { get; init; }

    /// <summary>The transport of <see cref="EndPoints"/>; the machine's sockets by default.</summary>
    internal ITransport Transport { get; init; } = SocketTransport.Instance;
}
