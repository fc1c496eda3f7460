using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>A certificate authority for tests, and the certificates that it signs.</summary>
internal sealed class TestCertificates(string authority = "CN=kcopyd test authority")
{
    public const string ForServers = "1.3.6.1.5.5.7.3.1", ForClients = "1.3.6.1.5.5.7.3.2";

    public X509Certificate2 Authority { get; } = MakeAuthority(authority);

    public X509Certificate2 Server(string host, int fromMinutes = -5, int toMinutes = 1440, string usage = ForServers)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var (from, to) = (DateTimeOffset.UtcNow.AddMinutes(fromMinutes), DateTimeOffset.UtcNow.AddMinutes(toMinutes));
        using var signed = request.Create(Authority, from, to, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    public X509Certificate2 Client(string name) => Server(name, usage: ForClients);

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }
}
