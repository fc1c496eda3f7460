using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// The certificates of one side of an NBD connection under TLS (1.2 or newer), for <c>NbdServerOptions.Tls</c> and <see cref="NbdClientOptions.Tls"/>.
/// </summary>
public sealed record NbdTls
{
    /// <summary>This side's certificate with its private key. A server needs one; a client only where the server asks who it is.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What signed <see cref="Certificate"/>, to be sent with it where the other side has only the root.</summary>
    public X509Certificate2Collection Chain { get; init; } = [];

    /// <summary>The authorities whose certificates are taken from the other side. A client that has none takes those that the machine trusts; a server that
    /// has none asks no client who it is.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Reads a server's certificates from a folder, in the names that qemu-nbd and nbdkit read: <c>server-cert.pem</c>, <c>server-key.pem</c> and
    /// <c>ca-cert.pem</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="verifyClient">True if clients must show a certificate of <c>ca-cert.pem</c>.</param>
    /// <exception cref="ArgumentException">A file is missing or is not what it should be; the message names it.</exception>
    public static NbdTls ForServer(string folder, bool verifyClient = false)
    {
        var (certificate, chain) = ReadOwn(folder, "server", isNeeded: true);
        return new NbdTls { Certificate = certificate, Chain = chain, Authorities = verifyClient ? ReadAuthorities(folder) : null };
    }

    /// <summary>Reads a client's certificates from a folder: <c>ca-cert.pem</c>, and, where they exist, <c>client-cert.pem</c> and <c>client-key.pem</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="ArgumentException">A file is missing or is not what it should be; the message names it.</exception>
    public static NbdTls ForClient(string folder)
    {
        var (certificate, chain) = ReadOwn(folder, "client", isNeeded: false);
        return new NbdTls { Certificate = certificate, Chain = chain, Authorities = ReadAuthorities(folder) };
    }

    internal SslServerAuthenticationOptions ToServerOptions() => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Certificate!, Chain, offline: true),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = Authorities is not null,
        CertificateChainPolicy = Policy("1.3.6.1.5.5.7.3.2"),
    };

    internal SslClientAuthenticationOptions ToClientOptions(string host) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateContext = Certificate is null ? null : SslStreamCertificateContext.Create(Certificate, Chain, offline: true),
        CertificateChainPolicy = Policy("1.3.6.1.5.5.7.3.1"),
    };

    // There is no revocation list in a folder of certificates.
    private X509ChainPolicy? Policy(string usage)
    {
        if (Authorities is null)
            return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
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
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ArgumentException($"{path} and {key} are not a certificate and its key in PEM: {wrong.Message}", nameof(folder), wrong);
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
            throw new ArgumentException($"{path} is not the certificate of an authority in PEM: {wrong.Message}", nameof(folder), wrong);
        }
    }
}
