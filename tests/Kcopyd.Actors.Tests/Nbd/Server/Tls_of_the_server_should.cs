using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

public sealed class Tls_of_the_server_should : NbdServerSpec
{
    private static readonly X509Certificate2 Certificate = SelfSigned();

    private NbdServer Secured(bool require = true) =>
        Serve([new("disk", BlockDevice.Memory(1 << 20))], options => options with { Tls = new NbdTls { Certificate = Certificate }, RequireTls = require });

    [Fact]
    public async Task leave_a_client_nothing_but_to_begin_it_or_to_go_where_it_is_required()
    {
        var server = Secured();
        var client = await GreetAsync(server);
        foreach (var option in new[] { NbdOption.List, NbdOption.Info, NbdOption.Go, NbdOption.StructuredReply, NbdOption.SetMetaContext, NbdOption.ListMetaContext, (NbdOption)99 })
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

    private static async Task EncryptAsync(RawClient client)
    {
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.StartTls));
        await HandshakeAsync(client);
    }

    private static async Task HandshakeAsync(RawClient client)
    {
        var tls = new SslStream(client.Stream);
        client.Stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.GetCertHashString() == Certificate.GetCertHashString(),
        }).WaitAsync(RawClient.Limit);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
