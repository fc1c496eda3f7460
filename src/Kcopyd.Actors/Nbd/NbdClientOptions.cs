namespace Kcopyd.Actors.Nbd;

/// <summary>How <c>NbdBlockDevice</c> uses an export.</summary>
public sealed record NbdClientOptions
{
    /// <summary>For an <c>nbds://</c> address. Null takes the folder that the address names (<c>tls-certificates</c>), and where it names none, the
    /// authorities that the machine trusts.</summary>
    public NbdTls? Tls { get; init; }
}
