namespace Kcopyd.Actors.Nbd;

/// <summary>Where an <c>NbdServer</c> listens, and what it demands.</summary>
public sealed record NbdServerOptions
{
    /// <summary>Offers TLS to clients. Null serves in plain text.</summary>
    public NbdTls? Tls { get; init; }
}
