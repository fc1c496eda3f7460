using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>One TLS handshake: whether the server is trusted, whether it wants a certificate, and in words what failed and the remedy.</summary>
internal sealed class ServerTrust(NbdUri uri, NbdTls tls)
{
    private readonly string _host = (uri.TlsHostname ?? uri.Host ?? "localhost").Split('%')[0];     // a certificate knows no zone
    private string? _refusal;       // why the server is not trusted
    private bool _isAsked;          // it wants a certificate, and there is none

    public SslClientAuthenticationOptions ToOptions()
    {
        var options = tls.ToClientOptions(_host);
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            _refusal = errors == SslPolicyErrors.None ? null : WhyNot(certificate as X509Certificate2, chain, errors);
            return _refusal is null;
        };
        // Called at the beginning in any case, and once more, with the server's certificate, when the server asks.
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

    /// <summary>What an error means that came between the beginning of TLS and the server's first answer under it.</summary>
    /// <remarks>Under TLS 1.3 a server looks at the client's certificate when the client takes the handshake for done, and the alert that it then sends is
    /// often overtaken by the end of the connection. So it is the time of the error that tells, more than its text.</remarks>
    public NbdException Explain(string server, Exception wrong)
    {
        if (_refusal is not null)
            return new(NbdFailure.Untrusted, $"{server} cannot be trusted, and nothing was sent to it: {_refusal}", wrong);
        if (_isAsked)
        {
            return new(NbdFailure.ClientCertificate, $"{server} ended the connection because it wants a certificate of the client, and there is none: "
                + "give tls-certificates=FOLDER with client-cert.pem and client-key.pem, of an authority that the server knows.", wrong);
        }
        if (tls.Certificate is { } own)
        {
            return new(NbdFailure.ClientCertificate, $"{server} ended the connection when it was shown the client's certificate '{Name(own.Subject)}', which '{Name(own.Issuer)}' has signed "
                + $"and which is valid from {Date(own.NotBefore)} to {Date(own.NotAfter)} ({Innermost(wrong)}): see that the server knows this authority, and what its log says.", wrong);
        }
        return new(wrong is AuthenticationException ? NbdFailure.Protocol : NbdFailure.Disconnected, $"{server} did not agree on TLS 1.2 or 1.3: {Innermost(wrong)}", wrong);
    }

    /// <summary>What it means that the server refuses the first option under TLS by its policy: some let a client that they do not take end the handshake, and
    /// tell it then.</summary>
    /// <param name="server">The server.</param>
    /// <param name="option">The option. One that has to do with no export is refused only to a client that may do nothing.</param>
    /// <param name="said">What the server says, with what introduces it.</param>
    /// <returns>Null if it is no word about the client.</returns>
    public NbdException? WhyTurnedAway(string server, NbdOption option, string said) =>
        _isAsked ? new(NbdFailure.ClientCertificate, $"{server} wants a certificate of the client, and there is none{said}. "
            + "Give tls-certificates=FOLDER with client-cert.pem and client-key.pem, of an authority that the server knows.")
        : tls.Certificate is { } own && option == NbdOption.StructuredReply ? new(NbdFailure.ClientCertificate,
            $"{server} does not take the client's certificate '{Name(own.Subject)}', which '{Name(own.Issuer)}' has signed{said}. "
            + "See that the server knows this authority, and that the certificate is valid and made for clients.")
        : null;

    private string WhyNot(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null)
            return "it shows no certificate.";
        var reasons = new List<string>();
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
            reasons.Add($"its certificate is for {NamesOf(certificate)} and not for '{ForeignText.Printable(_host)}'; connect by a name that it has, or give that with tls-hostname=NAME");
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
            $"{whose} is not valid before {Date(certificate.NotBefore)}; see that the clocks of both machines are right",
        X509ChainStatusFlags.NotTimeValid =>
            $"{whose} expired on {Date(certificate.NotAfter)}; renew it at the server, or see that this machine's clock is right",
        X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot =>
            $"{whose} is signed by '{Name(certificate.Issuer)}', which is no authority {Known}; give tls-certificates=FOLDER with a ca-cert.pem that the server's certificate is of",
        X509ChainStatusFlags.NotSignatureValid =>
            $"{whose} is signed by another authority of the name '{Name(certificate.Issuer)}' than the one {Known}; give tls-certificates=FOLDER with the ca-cert.pem of that authority",
        X509ChainStatusFlags.NotValidForUsage =>
            $"{whose} is not made for servers; make one with the extended key usage serverAuth",
        _ => $"{whose} is refused: {ForeignText.Phrase(status.StatusInformation)} ({status.Status})",
    };

    private string Known => uri.TlsCertificates is { } folder ? $"in {Path.Combine(folder, "ca-cert.pem")}" : tls.Authorities is null ? "that this machine trusts" : "that this client was given";

    private static string NamesOf(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var names = alternatives is null ? [] : alternatives.EnumerateDnsNames().Concat(alternatives.EnumerateIPAddresses().Select(static address => address.ToString())).Take(5).ToList();
        return names.Count == 0 ? $"'{Name(certificate.Subject)}'" : string.Join(", ", names.Select(static name => $"'{ForeignText.Printable(name)}'"));
    }

    // A certificate has what its maker likes.
    private static string Name(string name) => ForeignText.Printable(name);

    private static string Date(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Innermost(Exception wrong) => wrong.InnerException is { } inner ? Innermost(inner) : ForeignText.Printable(wrong.Message);
}
