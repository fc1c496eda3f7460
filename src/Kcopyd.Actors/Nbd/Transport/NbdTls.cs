using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// The certificates of one side of an NBD connection with TLS (1.2 or newer), for <c>NbdServerOptions.Tls</c> and <see cref="NbdClientOptions.Tls"/>.
/// </summary>
public sealed record NbdTls
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1", ForClients = "1.3.6.1.5.5.7.3.2", ForAnything = "2.5.29.37.0";

    /// <summary>This side's certificate with its private key. A server needs one; a client needs one only if the server asks for it.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The certificates that signed <see cref="Certificate"/>, sent with it in case the other side has only the root.</summary>
    public X509Certificate2Collection Chain { get; init; } = [];

    /// <summary>The authorities whose certificates are accepted from the other side. If null, a client accepts those that the machine trusts, and a server
    /// requires no client certificates.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Reads a server's certificates from a folder, with the file names of qemu-nbd and nbdkit: <c>server-cert.pem</c>, <c>server-key.pem</c> and
    /// <c>ca-cert.pem</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="verifyClient">True if clients must present a certificate signed by <c>ca-cert.pem</c>.</param>
    /// <exception cref="NbdException">A file is missing or invalid (<see cref="NbdFailure.Certificates"/>); the message names it.</exception>
    public static NbdTls ForServer(string folder, bool verifyClient = false)
    {
        var (certificate, chain) = ReadOwn(folder, "server", isNeeded: true);
        var authorities = verifyClient ? ReadAuthorities(folder) : null;
        if (authorities?.FirstOrDefault(static one => !IsAuthority(one)) is { } other)
        {
            throw new NbdException(NbdFailure.Certificates, $"{Path.Combine(folder, "ca-cert.pem")} has the certificate '{other.Subject}', "
                + "which is not one of an authority (basic constraints, CA:TRUE): it cannot sign a client's certificate.");
        }
        return new NbdTls { Certificate = certificate, Chain = chain, Authorities = authorities };
    }

    /// <summary>Reads a client's certificates from a folder: <c>ca-cert.pem</c>, and, where they exist, <c>client-cert.pem</c> and
    /// <c>client-key.pem</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="NbdException">A file is missing or invalid (<see cref="NbdFailure.Certificates"/>); the message names it.</exception>
    public static NbdTls ForClient(string folder)
    {
        var (certificate, chain) = ReadOwn(folder, "client", isNeeded: false);
        return new NbdTls { Certificate = certificate, Chain = chain, Authorities = ReadAuthorities(folder) };
    }

    /// <summary>Refuses certificates that no client could accept.</summary>
    /// <exception cref="NbdException">There is no certificate with a key, it or a certificate that signed it is not valid now, or it is not made for
    /// servers.</exception>
    internal void CheckServer(DateTimeOffset now)
    {
        if (Certificate is not { HasPrivateKey: true })
            throw new NbdException(NbdFailure.Certificates, "A server's TLS needs a certificate with its private key: read them with NbdTls.ForServer.");
        foreach (var one in Chain.Prepend(Certificate))
            CheckTime(one, one.Equals(Certificate) ? "The server's certificate" : "The certificate of the server's authority", now);
        // Some of several authorities may have expired.
        if (Authorities is { Count: > 0 } && Authorities.All(authority => now < authority.NotBefore || now > authority.NotAfter))
            CheckTime(Authorities[0], "The certificate of the authority for clients", now);
        if (Certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage
            && !usage.EnhancedKeyUsages.Cast<Oid>().Any(static oid => oid.Value is ForServers or ForAnything))
        {
            throw new NbdException(NbdFailure.Certificates,
                $"The server's certificate '{Certificate.Subject}' is not made for servers: make one with the extended key usage serverAuth.");
        }
    }

    private static void CheckTime(X509Certificate2 certificate, string whose, DateTimeOffset now)
    {
        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (now.UtcDateTime >= from && now.UtcDateTime <= to)
            return;
        throw new NbdException(NbdFailure.Certificates, string.Create(CultureInfo.InvariantCulture,
            $"{whose}, '{certificate.Subject}', {(now.UtcDateTime < from ? "is not valid yet" : "has expired")}: it is valid from {from:yyyy-MM-dd HH:mm} "
            + $"to {to:yyyy-MM-dd HH:mm} UTC, and the clock says {now.UtcDateTime:yyyy-MM-dd HH:mm}. Renew it, or set the clock."));
    }

    // A version 1 certificate has no basic constraints, and has always been accepted.
    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Version < 3 || certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static constraints => constraints.CertificateAuthority);

    internal SslServerAuthenticationOptions ToServerOptions() => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Certificate!, Chain, offline: true),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = Authorities is not null,
        CertificateChainPolicy = Policy(ForClients),
    };

    internal SslClientAuthenticationOptions ToClientOptions(string host) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateContext = Certificate is null ? null : SslStreamCertificateContext.Create(Certificate, Chain, offline: true),
        CertificateChainPolicy = Policy(ForServers),
    };

    // There is no revocation list in a folder of certificates.
    private X509ChainPolicy? Policy(string usage)
    {
        if (Authorities is null)
            return null;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Authorities);
        policy.ApplicationPolicy.Add(new Oid(usage));
        return policy;
    }

    private static (X509Certificate2?, X509Certificate2Collection) ReadOwn(string folder, string role, bool isNeeded)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var (path, key) = (Path.Combine(folder, role + "-cert.pem"), Path.Combine(folder, role + "-key.pem"));
        if (!isNeeded && !File.Exists(path))
            return (null, []);
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(path);
            return (X509Certificate2.CreateFromPemFile(path, key), [.. all.Skip(1)]);
        }
        // .NET throws ArgumentException for a key that belongs to another certificate.
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new NbdException(NbdFailure.Certificates, $"{path} and {key} are not a certificate and its key in PEM: {wrong.Message}", wrong);
        }
    }

    private static X509Certificate2Collection ReadAuthorities(string folder)
    {
        var path = Path.Combine(folder, "ca-cert.pem");
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(path);
            return authorities.Count > 0 ? authorities : throw new CryptographicException("there is no certificate in it");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new NbdException(NbdFailure.Certificates, $"{path} is not the certificate of an authority in PEM: {wrong.Message}", wrong);
        }
    }
}
