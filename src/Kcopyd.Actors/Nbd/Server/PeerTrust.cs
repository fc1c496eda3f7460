using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Decides in a TLS handshake whether the client is trusted, if the server requires client certificates.</summary>
/// <remarks>.NET sends no alert for a certificate that it rejects: the connection would just close, and the client could not report a reason. Therefore the
/// handshake completes, and the negotiation refuses every option with the reason, which clients print.</remarks>
internal sealed class PeerTrust(NbdTls tls)
{
    /// <summary>Why the client is not trusted; null if it is trusted or trust is not required.</summary>
    public string? Refusal { get; private set; }

    public SslServerAuthenticationOptions ToOptions()
    {
        var options = tls.ToServerOptions();
        if (tls.Authorities is null)
            return options;
        Refusal = "it presents no certificate";
#pragma warning disable CA5359 // the negotiation refuses untrusted clients, with the reason
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            if (certificate is not null)
            {
                Refusal = errors == SslPolicyErrors.None
                    ? null
                    : $"its certificate '{ForeignText.Printable(certificate.Subject)}' is refused ({Reasons(chain, errors)})";
            }
            return true;
        };
#pragma warning restore CA5359
        return options;
    }

    private static string Reasons(X509Chain? chain, SslPolicyErrors errors)
    {
        var reasons = (chain?.ChainStatus ?? []).Select(static status => status.Status)
            .Where(static status => status != X509ChainStatusFlags.NoError).Distinct().ToList();
        return reasons.Count == 0 ? errors.ToString() : string.Join(", ", reasons);
    }
}
