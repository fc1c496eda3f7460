using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Nbd.Client;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

public sealed class Tls_of_the_server_should : NbdServerSpec
{
    private static readonly X509Certificate2 Certificate = SelfSigned();
    private static readonly NbdOption[] Unsecured =
        [NbdOption.List, NbdOption.Info, NbdOption.Go, NbdOption.StructuredReply, NbdOption.SetMetaContext, NbdOption.ListMetaContext, (NbdOption)99];

    private NbdServer Secured(bool require = true) =>
        Serve([new("disk", BlockDevice.Memory(1 << 20))], options => options with { Tls = new NbdTls { Certificate = Certificate }, RequireTls = require });

    [Fact]
    public async Task leave_a_client_nothing_but_to_begin_it_or_to_go_where_it_is_required()
    {
        var server = Secured();
        var client = await GreetAsync(server);
        foreach (var option in Unsecured)
            Assert.Equal(NbdOptionReply.TlsRequired, await client.AskAsync(option, Packet.Go("disk")));
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.Abort));
        await client.EndsAsync();

        var old = await GreetAsync(server);
        await old.SendAsync(new Packet().Option(NbdOption.ExportName, "disk"u8));
        await old.EndsAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task carry_everything_once_it_has_begun(bool require)
    {
        var client = await GreetAsync(Secured(require));
        await EncryptAsync(client);
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.StartTls));
        await client.StructuredAsync("disk");
        await client.GoAsync("disk");
        var data = Tests.Devices.Bytes.Random(300_000);
        Assert.Equal(NbdError.None, await client.WriteAsync(7, data));
        Assert.Equal(data, await client.GoodReadAsync(7, data.Length));
        await client.BeginAsync(NbdCommand.Disconnect);
        await client.EndsAsync();
    }

    [Fact]
    public async Task nbdkit_2021_3716_forget_what_was_agreed_in_plain_text()
    {
        var client = await GreetAsync(Secured(require: false));
        await client.StructuredAsync("disk");
        await EncryptAsync(client);
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.SetMetaContext, Packet.Contexts("disk", NbdNumbers.BaseAllocation)));
        Assert.False((await client.GoAsync("disk")).Flags.HasFlag(TransmissionFlags.SendDf));
        await client.BeginAsync(NbdCommand.Read, 0, 512);
        Assert.Equal(NbdError.None, (await client.SimpleAsync()).Error);
    }

    [Fact]
    public async Task not_take_for_said_under_it_what_was_sent_before_it_began()
    {
        var client = await GreetAsync(Secured());
        await client.SendAsync(new Packet().Option(NbdOption.StartTls, []).Option(NbdOption.Go, Packet.Go("disk")));
        Assert.Equal(NbdOptionReply.Ack, Assert.Single(await client.RepliesAsync(NbdOption.StartTls)).Type);
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(client));
    }

    [Fact]
    public async Task be_refused_where_there_is_none_or_with_data()
    {
        var client = await GreetAsync(Serve(BlockDevice.Memory(4096)));
        Assert.Equal(NbdOptionReply.Unsupported, await client.AskAsync(NbdOption.StartTls));
        await client.GoAsync();
        client = await GreetAsync(Secured());
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.StartTls, [1]));
        await EncryptAsync(client);
        await client.GoAsync("disk");
    }

    [Fact]
    public async Task survive_what_is_no_handshake()
    {
        var server = Secured();
        var client = await GreetAsync(server);
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.StartTls));
        await client.SendAsync(Tests.Devices.Bytes.Random(5000));
        await client.ReadToEndAsync();
        client = await GreetAsync(server);
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.StartTls));
        client.Die();
        client = await GreetAsync(server);
        await EncryptAsync(client);
        await client.GoAsync("disk");
    }

    [Fact]
    public async Task end_requests_and_connections_as_plain_text_does_when_the_server_stops()
    {
        var server = Secured();
        var client = await GreetAsync(server);
        await EncryptAsync(client);
        await client.GoAsync("disk");
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
        await Soon(server.StopAsync());
        await client.EndsAsync();
    }

    [Theory]
    [InlineData("none", "it presents no certificate")]
    [InlineData("of another authority", "its certificate 'CN=stranger' is refused (PartialChain)")]
    [InlineData("expired", "its certificate 'CN=late' is refused (NotTimeValid)")]
    [InlineData("of a server", "its certificate 'CN=server' is refused (NotValidForUsage)")]
    public async Task tell_a_client_that_is_not_trusted_why_and_nothing_else(string kind, string why)
    {
        var certificates = new TestCertificates();
        var server = Serve([new("disk", BlockDevice.Memory(4096))],
            options => options with { Tls = new NbdTls { Certificate = Certificate, Authorities = [certificates.Authority] } });
        var shown = kind switch
        {
            "none" => null,
            "of another authority" => new TestCertificates("CN=another authority").Client("stranger"),
            "expired" => certificates.Server("late", fromMinutes: -20, toMinutes: -10, TestCertificates.ForClients),
            _ => certificates.Server("server"),
        };
        var warnings = CreateTestProbe();
        Sys.EventStream.Subscribe(warnings.Ref, typeof(Akka.Event.Warning));
        var client = await GreetAsync(server);
        await EncryptAsync(client, shown);
        foreach (var option in Unsecured.Append(NbdOption.StartTls))
        {
            var reply = Assert.Single(await client.OptionAsync(option, Packet.Go("disk")));
            Assert.Equal(NbdOptionReply.Policy, reply.Type);
            Assert.Equal($"This server accepts only clients with a certificate of an authority that it trusts. Client refused: {why}.", reply.Message);
        }
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.Abort));
        await client.EndsAsync();
        var warning = (await warnings.ExpectMsgAsync<Akka.Event.Warning>(TimeSpan.FromSeconds(60))).Message.ToString();
        Assert.Contains($"(process {Environment.ProcessId}) is turned away: {why}.", warning, StringComparison.Ordinal);

        var old = await GreetAsync(server);
        await EncryptAsync(old, shown);
        await old.SendAsync(new Packet().Option(NbdOption.ExportName, "disk"u8));
        await old.EndsAsync();

        var good = await GreetAsync(server);
        await EncryptAsync(good, certificates.Client("good"));
        await good.GoAsync("disk");
    }

    [Theory]
    [InlineData(-1, "is not valid yet: it is valid from 2026-03-01 00:00 to 2026-04-01 00:00 UTC, and the clock says 2026-02-28 00:00")]
    [InlineData(0, null)]
    [InlineData(30, null)]
    [InlineData(32, "has expired: it is valid from 2026-03-01 00:00 to 2026-04-01 00:00 UTC, and the clock says 2026-04-02 00:00")]
    public void not_begin_with_a_certificate_that_is_not_valid_now(int day, string? why)
    {
        var from = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=disks", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, from.AddDays(31));
        NbdServer Start() => Serve([new("", BlockDevice.Memory(4096))],
            options => options with { Tls = new NbdTls { Certificate = certificate }, TimeProvider = new FixedClock(from.AddDays(day)) });
        if (why is null)
            Start();
        else
            Assert.Contains($"The server's certificate, 'CN=disks', {why}", Assert.Throws<NbdException>(Start).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void not_begin_with_certificates_that_no_client_would_take()
    {
        var certificates = new TestCertificates();
        Assert.Contains("needs a certificate with its private key",
            Refusal(new NbdTls { Certificate = X509CertificateLoader.LoadCertificate(Certificate.RawData) }), StringComparison.Ordinal);
        Assert.Contains("is not made for servers", Refusal(new NbdTls { Certificate = certificates.Client("client") }), StringComparison.Ordinal);
        Assert.Contains("The certificate of the authority for clients, 'CN=late', has expired",
            Refusal(new NbdTls { Certificate = Certificate, Authorities = [certificates.Server("late", fromMinutes: -20, toMinutes: -10)] }),
            StringComparison.Ordinal);

        string Refusal(NbdTls tls) =>
            Assert.Throws<NbdException>(() => Serve([new("", BlockDevice.Memory(4096))], options => options with { Tls = tls })).Message;
    }

    [Fact]
    public void not_be_read_from_files_that_do_not_belong_together()
    {
        var folder = Directory.CreateDirectory(InFolder("tls")).FullName;
        var certificates = new TestCertificates();
        var (one, other) = (certificates.Server("localhost"), certificates.Server("localhost"));
        string File(string name) => Path.Combine(folder, name);
        System.IO.File.WriteAllText(File("server-cert.pem"), one.ExportCertificatePem());
        System.IO.File.WriteAllText(File("server-key.pem"), other.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Assert.Contains($"{File("server-cert.pem")} and {File("server-key.pem")} are not a certificate and its key in PEM", Refusal(),
            StringComparison.Ordinal);
        System.IO.File.WriteAllText(File("server-key.pem"), one.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Assert.Contains($"{File("ca-cert.pem")} is not the certificate of an authority", Refusal(), StringComparison.Ordinal);
        System.IO.File.WriteAllText(File("ca-cert.pem"), "");
        Assert.Contains("there is no certificate in it", Refusal(), StringComparison.Ordinal);
        System.IO.File.WriteAllText(File("ca-cert.pem"), one.ExportCertificatePem());
        Assert.Contains($"{File("ca-cert.pem")} has the certificate 'CN=localhost', which is not one of an authority", Refusal(), StringComparison.Ordinal);
        System.IO.File.WriteAllText(File("ca-cert.pem"), certificates.Authority.ExportCertificatePem());
        NbdTls.ForServer(folder, verifyClient: true).CheckServer(DateTimeOffset.UtcNow);

        string Refusal() => Assert.Throws<NbdException>(() => NbdTls.ForServer(folder, verifyClient: true)).Message;
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private static async Task EncryptAsync(RawClient client, X509Certificate2? own = null)
    {
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.StartTls));
        await HandshakeAsync(client, own);
    }

    private static async Task HandshakeAsync(RawClient client, X509Certificate2? own = null)
    {
        var tls = new SslStream(client.Stream);
        client.Stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificateContext = own is null ? null : SslStreamCertificateContext.Create(own, null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.GetCertHashString() == Certificate.GetCertHashString(),
        }).WaitAsync(RawClient.Limit);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
