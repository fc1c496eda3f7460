using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>Closing a device whose server does not answer. The tests wait for the sockets only, never for a timeout.</summary>
public sealed class Closing_should() : NbdClientSpec(VirtualTime)
{
    private const int Reads = 100, Writes = 20;
    private const int Payload = 1 << 20;        // more than a socket buffers

    private readonly TestCertificates _certificates = new();

    public static TheoryData<string> Servers => ["unix", "tcp", "tls"];

    // The server reads nothing more and answers nothing: it accepts only what the sockets buffer.
    private async Task<(NbdBlockDevice Device, List<Task<IoResult>> Io)> FreezeAsync(string kind)
    {
        var frozen = new TaskCompletionSource();
        var server = Serve(async connection =>
        {
            await connection.GreetAsync();
            if (kind == "tls")
                await SecureAsync(connection);
            await connection.OptionsAsync(new FakeExport(64 << 20));
            frozen.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(connection.Ended);
        }, isTcp: kind == "tcp");
        var uri = server.Uri with { IsTls = kind == "tls" };
        var options = new NbdClientOptions { Tls = kind == "tls" ? new NbdTls { Authorities = [_certificates.Authority] } : null };
        var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(uri, options));
        await Soon(frozen.Task);
        var io = new List<Task<IoResult>>();
        for (var i = 0; i < Reads; i++)
            io.Add(device.ReadAsync(0, new byte[512]).AsTask());
        for (var i = 0; i < Writes; i++)
            io.Add(device.WriteAsync(i * Payload, new byte[Payload]).AsTask());
        io.Add(device.FlushAsync().AsTask());
        return (device, io);
    }

    private async Task SecureAsync(FakeConnection connection)
    {
        await connection.ReadOptionAsync();
        await connection.ReplyAsync(NbdOption.StartTls, NbdOptionReply.Ack);
        var secure = new SslStream(connection.Stream);
        connection.Stream = secure;
        using var certificate = X509CertificateLoader.LoadPkcs12(_certificates.Server("localhost").Export(X509ContentType.Pkcs12), null);
        await secure.AuthenticateAsServerAsync(certificate);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task end_while_the_server_is_frozen_and_answer_all_that_waits(string kind)
    {
        var (device, io) = await FreezeAsync(kind);

        await Soon(device.DisposeAsync().AsTask());

        Assert.All(await Soon(Task.WhenAll(io)), static result => Assert.Equal(IoResult.Failure(IoError.Closed), result));
        Assert.Equal(IoError.Closed, (await device.ReadAsync(0, new byte[512])).Error);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task end_with_the_actor_system_while_the_server_is_frozen_and_answer_all_that_waits(string kind)
    {
        var (device, io) = await FreezeAsync(kind);

        await Soon(Sys.Terminate());

        Assert.All(await Soon(Task.WhenAll(io)), static result => Assert.Equal(IoResult.Failure(IoError.Closed), result));
        await Soon(device.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task end_while_a_server_that_was_lost_is_looked_for_and_does_not_greet()
    {
        var second = new TaskCompletionSource();
        var server = Serve(async connection =>
        {
            if (connection.Number == 1)
            {
                await connection.NegotiateAsync(new FakeExport());
                return;
            }
            second.TrySetResult();
            await connection.SwallowAsync();
        });
        var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri));
        await Soon(second.Task);
        var read = device.ReadAsync(0, new byte[512]).AsTask();

        await Soon(device.DisposeAsync().AsTask());

        Assert.Equal(IoError.Closed, (await Soon(read)).Error);
        await Until(() => server.Alive == 0);
    }

    [Fact]
    public async Task take_leave_of_a_server_of_which_nothing_is_asked()
    {
        var left = new TaskCompletionSource<bool>();
        var server = Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
                await connection.SimpleAsync(request.Cookie);
            left.SetResult(connection.HasLeft);
        });
        var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri));
        Assert.True((await Soon(device.WriteAsync(0, new byte[512]).AsTask())).IsSuccess);
        await Soon(device.DisposeAsync().AsTask());
        Assert.True(await Soon(left.Task));
    }
}
