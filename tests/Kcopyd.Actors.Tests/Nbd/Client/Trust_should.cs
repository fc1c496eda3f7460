using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>Which certificates the client accepts under TLS, and the message for one that it refuses.</summary>
public sealed class Trust_should : NbdClientSpec
{
    private readonly TestCertificates _certificates = new();

    private NbdTls Trusting => new() { Authorities = [_certificates.Authority] };

    private FakeServer ServeTls(X509Certificate2 certificate, SslProtocols protocols = SslProtocols.None, X509Certificate2? clients = null) =>
        Serve(async connection =>
        {
            await connection.GreetAsync();
            await connection.ReadOptionAsync();
            await connection.ReplyAsync(NbdOption.StartTls, NbdOptionReply.Ack);
            var secure = new SslStream(connection.Stream);
            connection.Stream = secure;
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                EnabledSslProtocols = protocols,
                ClientCertificateRequired = clients is not null,
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                    clients is null || shown is not null && shown.Issuer == clients.Subject && shown.Subject == "CN=friend",
            });
            await connection.OptionsAsync(new FakeExport());
            await connection.SwallowAsync();
        });

    private async Task<NbdException> UntrustedAsync(X509Certificate2 certificate, NbdTls? tls = null, string? hostname = null)
    {
        var uri = ServeTls(certificate).Uri with { IsTls = true, TlsHostname = hostname };
        var refused = await Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(uri, new NbdClientOptions { Tls = tls ?? Trusting })));
        Assert.Equal(NbdFailure.Untrusted, refused.Reason);
        Assert.Contains("nothing was sent", refused.Message, StringComparison.Ordinal);
        return refused;
    }

    [Fact]
    public async Task say_when_a_certificate_has_expired()
    {
        var certificate = _certificates.Server("localhost", -60, -5);
        var refused = await UntrustedAsync(certificate);
        Assert.Contains($"expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC; renew it", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("authority", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("tls-hostname", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_from_when_on_a_certificate_will_be_valid()
    {
        var certificate = _certificates.Server("localhost", 60, 120);
        var refused = await UntrustedAsync(certificate);
        Assert.Contains($"not valid before {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC; check that the clocks", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_for_which_names_a_certificate_is()
    {
        var refused = await UntrustedAsync(_certificates.Server("disks.example.com"), hostname: "disk.example.com");
        Assert.Contains("is for 'disks.example.com' and not for 'disk.example.com'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("tls-hostname=NAME", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("authority", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_which_authority_is_not_known()
    {
        var refused = await UntrustedAsync(new TestCertificates().Server("localhost"));
        Assert.Contains("signed by a different authority named 'CN=kcopyd test authority' than the one that this client was given", refused.Message,
            StringComparison.Ordinal);

        refused = await UntrustedAsync(new TestCertificates("CN=elsewhere").Server("localhost"));
        Assert.Contains("signed by 'CN=elsewhere', which is not an authority that this client was given", refused.Message, StringComparison.Ordinal);
        Assert.Contains("tls-certificates=FOLDER", refused.Message, StringComparison.Ordinal);

        refused = await UntrustedAsync(_certificates.Server("localhost"), new NbdTls());
        Assert.Contains("not an authority that this machine trusts", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_that_a_certificate_is_not_for_servers() =>
        Assert.Contains("extended key usage serverAuth", (await UntrustedAsync(_certificates.Client("localhost"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task say_all_that_is_wrong_with_a_certificate()
    {
        var refused = await UntrustedAsync(_certificates.Server("disks.example.com", -60, -5));
        Assert.Contains("not for 'localhost'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("expired on", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task say_that_the_server_wants_a_certificate_of_the_client(SslProtocols protocols)
    {
        var uri = ServeTls(_certificates.Server("localhost"), protocols, _certificates.Authority).Uri with { IsTls = true };
        var refused = await Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(uri, new NbdClientOptions { Tls = Trusting })));
        Assert.Equal(NbdFailure.ClientCertificate, refused.Reason);
        Assert.Contains("client-cert.pem", refused.Message, StringComparison.Ordinal);

        var stranger = new NbdClientOptions { Tls = Trusting with { Certificate = _certificates.Client("stranger") } };
        refused = await Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(uri, stranger)));
        Assert.Equal(NbdFailure.ClientCertificate, refused.Reason);
        Assert.Contains("'CN=stranger', which 'CN=kcopyd test authority' has signed", refused.Message, StringComparison.Ordinal);

        var friend = new NbdClientOptions { Tls = Trusting with { Certificate = _certificates.Client("friend") } };
        await using var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(uri, friend));
        Assert.Equal(1 << 20, device.Length);
    }

    // Our own server behaves like this, because .NET sends no TLS alert.
    [Theory]
    [InlineData(null, "requires a client certificate, and there is none: it shows no certificate. Give tls-certificates=FOLDER")]
    [InlineData("stranger", "does not accept the client's certificate 'CN=stranger', which 'CN=kcopyd test authority' has signed: "
        + "it shows no certificate. Check that")]
    public async Task say_that_the_server_turns_the_client_away_for_its_certificate_after_the_handshake(string? shown, string message)
    {
        var server = Serve(async connection =>
        {
            await connection.GreetAsync();
            await connection.ReadOptionAsync();
            await connection.ReplyAsync(NbdOption.StartTls, NbdOptionReply.Ack);
            var secure = new SslStream(connection.Stream);
            connection.Stream = secure;
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificates.Server("localhost"),
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject is null or [_, ..],
            });
            while (true)
                await connection.ReplyAsync((await connection.ReadOptionAsync()).Option, NbdOptionReply.Policy, "it shows no certificate."u8.ToArray());
        });
        var options = new NbdClientOptions { Tls = Trusting with { Certificate = shown is null ? null : _certificates.Client(shown) } };
        var refused = await Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri with { IsTls = true }, options)));
        Assert.Equal(NbdFailure.ClientCertificate, refused.Reason);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_that_there_is_no_TLS_behind_the_promise_of_it()
    {
        var server = Serve(async connection =>
        {
            await connection.GreetAsync();
            await connection.ReadOptionAsync();
            await connection.ReplyAsync(NbdOption.StartTls, NbdOptionReply.Ack);
            await connection.ReadAsync(1);
        });
        var options = new NbdClientOptions { Tls = Trusting };
        var refused = await Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri with { IsTls = true }, options)));
        Assert.Equal(NbdFailure.Disconnected, refused.Reason);
        Assert.Contains("did not agree on TLS", refused.Message, StringComparison.Ordinal);
    }
}
