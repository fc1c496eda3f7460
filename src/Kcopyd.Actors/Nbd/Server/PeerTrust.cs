using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>One TLS handshake of a client: whether it is trusted, where the server asks who it is.</summary>
/// <remarks>.NET sends no alert for a certificate that it does not take: the connection would just end, and the client could name no reason. So the handshake
/// completes, and the negotiation refuses everything with the reason, which clients print.</remarks>
internal sealed class PeerTrust(NbdTls tls)
{
    /// <summary>Why the client is not trusted; null if it is, or need not be.</summary>
    public string? Refusal { get; private set; }

    public SslServerAuthenticationOptions ToOptions()
    {
        var options = tls.ToServerOptions();
        if (tls.Authorities is null)
            return options;
        Refusal = "it shows no certificate";
#pragma warning disable CA5359 // what is not trusted is refused by the negotiation, which says why
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            if (certificate is not null)
                Refusal = errors == SslPolicyErrors.None ? null : $"its certificate '{ForeignText.Printable(certificate.Subject)}' is refused ({Reasons(chain, errors)})";
            return true;
        };
#pragma warning restore CA5359
        return options;
    }

    private static string Reasons(X509Chain? chain, SslPolicyErrors errors)
    {
        var reasons = (chain?.ChainStatus ?? []).Select(static status => status.Status).Where(static status => status != X509ChainStatusFlags.NoError).Distinct().ToList();
        return reasons.Count == 0 ? errors.ToString() : string.Join(", ", reasons);
    }
}
