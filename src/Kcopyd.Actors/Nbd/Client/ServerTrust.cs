using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>One TLS handshake: whether the server is trusted, whether it requires a client certificate, and the messages about what failed and the
/// remedy.</summary>
internal sealed class ServerTrust(NbdUri uri, NbdTls tls)
{
    private readonly string _host = (uri.TlsHostname ?? uri.Host ?? "localhost").Split('%')[0];     // certificates have no zones
    private string? _refusal;       // why the server is not trusted
    private bool _isAsked;          // it requires a client certificate, and there is none

    public SslClientAuthenticationOptions ToOptions()
    {
        var options = tls.ToClientOptions(_host);
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            _refusal = errors == SslPolicyErrors.None ? null : WhyNot(certificate as X509Certificate2, chain, errors);
            return _refusal is null;
        };
        // Always called at the beginning, and again, with the server's certificate, when the server asks for one.
        if (tls.Certificate is null)
        {
            options.LocalCertificateSelectionCallback = (_, _, _, server, _) =>
            {
                _isAsked |= server is not null;
                return null!;
            };
        }
        return options;
    }

    /// <summary>Explains an error between the beginning of TLS and the server's first answer over it.</summary>
    /// <remarks>With TLS 1.3, a server checks the client's certificate when the client already considers the handshake complete, and the end of the connection
    /// often overtakes the alert that the server then sends. The time of the error is therefore more reliable than its text.</remarks>
    public NbdException Explain(string server, Exception wrong)
    {
        if (_refusal is not null)
            return new(NbdFailure.Untrusted, $"{server} cannot be trusted, and nothing was sent to it: {_refusal}", wrong);
        if (_isAsked)
        {
            return new(NbdFailure.ClientCertificate, $"{server} ended the connection because it requires a client certificate, and there is none: "
                + "give tls-certificates=FOLDER with client-cert.pem and client-key.pem, of an authority that the server trusts.", wrong);
        }
        if (tls.Certificate is { } own)
        {
            return new(NbdFailure.ClientCertificate, $"{server} ended the connection when it received the client's certificate '{Name(own.Subject)}', "
                + $"which '{Name(own.Issuer)}' has signed and which is valid from {Date(own.NotBefore)} to {Date(own.NotAfter)} ({Innermost(wrong)}): "
                + "check that the server trusts this authority, and check the server's log.", wrong);
        }
        return new(wrong is AuthenticationException ? NbdFailure.Protocol : NbdFailure.Disconnected,
            $"{server} did not agree on TLS 1.2 or 1.3: {Innermost(wrong)}", wrong);
    }

    /// <summary>Explains why the server refuses the first option over TLS by its policy: some servers let a client that they do not accept complete the
    /// handshake, and report it then.</summary>
    /// <param name="server">The server.</param>
    /// <param name="option">The option. One that concerns no export is refused only to a client that may do nothing.</param>
    /// <param name="reason">The server's message, with a leading colon.</param>
    /// <returns>Null if the refusal is not about the client.</returns>
    public NbdException? WhyTurnedAway(string server, NbdOption option, string reason) =>
        _isAsked ? new(NbdFailure.ClientCertificate, $"{server} requires a client certificate, and there is none{reason}. "
            + "Give tls-certificates=FOLDER with client-cert.pem and client-key.pem, of an authority that the server trusts.")
        : tls.Certificate is { } own && option == NbdOption.StructuredReply ? new(NbdFailure.ClientCertificate,
            $"{server} does not accept the client's certificate '{Name(own.Subject)}', which '{Name(own.Issuer)}' has signed{reason}. "
            + "Check that the server trusts this authority, and that the certificate is valid and made for clients.")
        : null;

    private string WhyNot(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null)
            return "it shows no certificate.";
        var reasons = new List<string>();
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
        {
            reasons.Add($"its certificate is for {NamesOf(certificate)} and not for '{ForeignText.Printable(_host)}'; "
                + "connect by a name that it has, or give one with tls-hostname=NAME");
        }
        foreach (var element in chain.ChainElements)
        {
            var whose = element.Certificate.Equals(certificate) ? "its certificate" : $"the certificate of the authority '{Name(element.Certificate.Subject)}'";
            foreach (var status in element.ChainElementStatus)
                Add(WhyNot(status, element.Certificate, whose, chain.ChainPolicy.VerificationTime));
        }
        foreach (var status in chain.ChainStatus)
        {
            if (reasons.Count == 0)
                Add(WhyNot(status, certificate, "its certificate", chain.ChainPolicy.VerificationTime));
        }
        return string.Join("; and ", reasons) + ".";

        void Add(string reason)
        {
            if (!reasons.Contains(reason))
                reasons.Add(reason);
        }
    }

    private string WhyNot(X509ChainStatus status, X509Certificate2 certificate, string whose, DateTime now) => status.Status switch
    {
        X509ChainStatusFlags.NotTimeValid when certificate.NotBefore > now =>
            $"{whose} is not valid before {Date(certificate.NotBefore)}; check that the clocks of both machines are right",
        X509ChainStatusFlags.NotTimeValid =>
            $"{whose} expired on {Date(certificate.NotAfter)}; renew it on the server, or check that this machine's clock is right",
        X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot =>
            $"{whose} is signed by '{Name(certificate.Issuer)}', which is not an authority {Known}; "
                + "give tls-certificates=FOLDER with the ca-cert.pem of the authority that signed the server's certificate",
        X509ChainStatusFlags.NotSignatureValid =>
            $"{whose} is signed by a different authority named '{Name(certificate.Issuer)}' than the one {Known}; "
                + "give tls-certificates=FOLDER with the ca-cert.pem of that authority",
        X509ChainStatusFlags.NotValidForUsage =>
            $"{whose} is not made for servers; make one with the extended key usage serverAuth",
        _ => $"{whose} is refused: {ForeignText.Phrase(status.StatusInformation)} ({status.Status})",
    };

    private string Known => uri.TlsCertificates is { } folder ? $"in {Path.Combine(folder, "ca-cert.pem")}"
        : tls.Authorities is null ? "that this machine trusts"
        : "that this client was given";

    private static string NamesOf(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var names = alternatives is null
            ? []
            : alternatives.EnumerateDnsNames()
                .Concat(alternatives.EnumerateIPAddresses().Select(static address => address.ToString()))
                .Take(5)
                .ToList();
        return names.Count == 0 ? $"'{Name(certificate.Subject)}'" : string.Join(", ", names.Select(static name => $"'{ForeignText.Printable(name)}'"));
    }

    // The names in a certificate may contain anything.
    private static string Name(string name) => ForeignText.Printable(name);

    private static string Date(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Innermost(Exception wrong) => wrong.InnerException is { } inner ? Innermost(inner) : ForeignText.Printable(wrong.Message);
}
