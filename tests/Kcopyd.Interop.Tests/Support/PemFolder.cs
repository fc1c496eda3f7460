using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>Certificates in the files that NBD servers and clients read: an authority, a server on localhost, a client.</summary>
internal static class PemFolder
{
    public static string Make(TempFolder folder, string name, string host = "localhost")
    {
        var path = folder.EmptyFolder(name);
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=kcopyd test authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(2));
        File.WriteAllText(Path.Combine(path, "ca-cert.pem"), authority.ExportCertificatePem());
        Sign(path, "server", host, authority, "1.3.6.1.5.5.7.3.1");
        Sign(path, "client", "client", authority, "1.3.6.1.5.5.7.3.2");
        return path;
    }

    private static void Sign(string path, string role, string host, X509Certificate2 authority, string usage)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        using var signed = request.Create(authority, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(path, role + "-cert.pem"), signed.ExportCertificatePem());
        File.WriteAllText(Path.Combine(path, role + "-key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}
