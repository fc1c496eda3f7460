using System.Net;

namespace Kcopyd.Actors.Nbd;

/// <summary>Where an <see cref="NbdServer"/> listens, what it serves, and what it demands of clients.</summary>
public sealed record NbdServerOptions
{
    /// <summary>
    /// Unix sockets (<see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>) and TCP addresses (<see cref="IPEndPoint"/>; port 0 takes a free one,
    /// and <see cref="NbdServer.EndPoints"/> says which). At least one. An address that other machines can reach needs <see cref="Tls"/>.
    /// </summary>
    public IReadOnlyList<EndPoint> EndPoints { get; init; } = [];

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

    /// <summary>The name of the server's actor; made up if null.</summary>
    public string? Name { get; init; }
}
