using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>Vulnerabilities of other NBD clients, by the number under which they were published.</summary>
public sealed class Client_vulnerabilities_should : NbdClientSpec
{
    private readonly TestCertificates _certificates = new();

    private NbdClientOptions Trusting => new() { Tls = new NbdTls { Authorities = [_certificates.Authority] } };

    [Fact]
    public async Task not_be_here_libnbd_2021_20286_a_server_that_is_gone_in_GO()
    {
        var refused = await RefusedAsync(Serve(async connection =>
        {
            await connection.GreetAsync();
            while (await connection.ReadOptionAsync() is var (option, _) && option != NbdOption.Go)
                await connection.ReplyAsync(option, NbdOptionReply.Unsupported);
        }));
        Assert.Contains("closed the connection in the answer to Go", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task not_be_here_libnbd_2023_5215_a_size_that_is_negative(bool hasGo) =>
        Assert.Contains("9223372036854775808 bytes",
            (await RefusedAsync(Serve(new FakeExport(long.MinValue) { HasGo = hasGo }, static _ => Task.CompletedTask))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task not_be_here_libnbd_2024_7383_a_certificate_that_nobody_checks()
    {
        var other = new TestCertificates();
        foreach (var (certificate, hostname) in new[]
        {
            (_certificates.Server("localhost"), "elsewhere"),
            (_certificates.Server("elsewhere"), null),
            (other.Server("localhost"), null),
        })
        {
            var said = new TaskCompletionSource<int>();
            var server = ServeTls(certificate, async connection => said.TrySetResult(await connection.Stream.ReadAsync(new byte[1])), said);
            var refused = await Assert.ThrowsAsync<NbdException>(() =>
                Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri with { IsTls = true, TlsHostname = hostname }, Trusting)));
            Assert.Contains("cannot be trusted", refused.Message, StringComparison.Ordinal);
            Assert.Equal(0, await Soon(said.Task));
        }
    }

    [Fact]
    public async Task not_be_here_libnbd_2019_14842_plain_text_where_TLS_was_wanted()
    {
        var said = new TaskCompletionSource<int>();
        var server = Serve(async connection =>
        {
            await connection.GreetAsync();
            Assert.Equal(NbdOption.StartTls, (await connection.ReadOptionAsync()).Option);
            await connection.ReplyAsync(NbdOption.StartTls, NbdOptionReply.Unsupported);
            said.SetResult(await connection.Stream.ReadAsync(new byte[100]));
        });
        var refused = await Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri with { IsTls = true }, Trusting)));
        Assert.Contains("refuses TLS", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await Soon(said.Task));
    }

    [Fact]
    public async Task not_be_here_libnbd_2022_0485_a_failed_read_that_looks_like_data()
    {
        var data = Bytes.Random(512);
        var device = await OpenAsync(Serve(new FakeExport(1024), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                if (request.Offset == 0)
                {
                    await connection.DataAsync(request.Cookie, 0, data);
                    await connection.ErrorAsync(request.Cookie, NbdError.Io, isLast: false);
                    await connection.HoleAsync(request.Cookie, 512, 512, isLast: true);
                }
                else
                {
                    await connection.SimpleAsync(request.Cookie, NbdError.Io);
                }
            }
        }));
        Assert.Equal(IoResult.Failure(IoError.Io), await Soon(device.ReadAsync(0, new byte[1024]).AsTask()));
        var target = BlockDevice.Memory(1024);
        var client = Client();
        var result = await Soon(client.CopyAsync(device.Whole(), [target.Whole()]));
        Assert.True(result.ReadError);
    }

    [Fact]
    public async Task not_be_here_qemu_2017_2630_a_list_that_is_larger_than_it_may_be()
    {
        byte[][] hostile =
        [
            [.. FakeConnection.U32(uint.MaxValue), .. "x"u8],
            [.. FakeConnection.U32(5), .. "four"u8],
            [.. FakeConnection.U32(4097), .. new byte[4097]],
            [1, 2],
        ];
        foreach (var data in hostile)
        {
            var listing = Listing(connection => connection.ReplyAsync(NbdOption.List, NbdOptionReply.Server, data));
            await Assert.ThrowsAsync<NbdException>(() => Soon(NbdBlockDevice.ListAsync(listing.Uri)));
        }

        var refused = await Assert.ThrowsAsync<NbdException>(() => Soon(NbdBlockDevice.ListAsync(Listing(connection => connection.WriteAsync(
            FakeConnection.U64(NbdNumbers.OptionReplyMagic), FakeConnection.U32((uint)NbdOption.List), FakeConnection.U32((uint)NbdOptionReply.Server),
            FakeConnection.U32(uint.MaxValue))).Uri)));
        Assert.Contains("4294967295 bytes", refused.Message, StringComparison.Ordinal);

        refused = await Assert.ThrowsAsync<NbdException>(() => Soon(NbdBlockDevice.ListAsync(Listing(async connection =>
        {
            while (true)
                await connection.ReplyAsync(NbdOption.List, NbdOptionReply.Server, FakeConnection.U32(1), "x"u8.ToArray());
        }).Uri)));
        Assert.Contains("10000 exports", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task not_be_here_nbdkit_2021_3716_plain_text_that_survives_the_beginning_of_TLS()
    {
        var server = Serve(async connection =>
        {
            await connection.GreetAsync();
            await connection.ReadOptionAsync();
            // Sent together with the answer, so that the client reads both at once.
            await connection.WriteAsync(
                FakeConnection.U64(NbdNumbers.OptionReplyMagic), FakeConnection.U32((uint)NbdOption.StartTls),
                FakeConnection.U32((uint)NbdOptionReply.Ack), FakeConnection.U32(0),
                FakeConnection.U64(NbdNumbers.OptionReplyMagic), FakeConnection.U32((uint)NbdOption.StructuredReply),
                FakeConnection.U32((uint)NbdOptionReply.Ack), FakeConnection.U32(0));
            _ = await connection.Stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
        });
        var refused = await Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri with { IsTls = true }, Trusting)));
        Assert.Contains("plain text", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task leave_a_server_that_can_be_trusted_usable()
    {
        var data = Bytes.Random(100_000);
        var server = ServeTls(_certificates.Server("localhost"), async connection =>
        {
            await connection.OptionsAsync(new FakeExport());
            while (await connection.RequestAsync() is { } request)
                await connection.DataAsync(request.Cookie, request.Offset, data, true);
        }, null);
        await using var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri with { IsTls = true }, Trusting));
        var buffer = new byte[data.Length];
        Assert.Equal(IoResult.Success(data.Length), await Soon(device.ReadAsync(0, buffer).AsTask()));
        Assert.Equal(data, buffer);
    }

    private FakeServer Listing(Func<FakeConnection, Task> answer) => Serve(async connection =>
    {
        await connection.GreetAsync();
        await connection.ReadOptionAsync();
        await answer(connection);
        _ = await connection.Stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
    });

    private FakeServer ServeTls(X509Certificate2 certificate, Func<FakeConnection, Task> serve, TaskCompletionSource<int>? refused) => Serve(async connection =>
    {
        await connection.GreetAsync();
        Assert.Equal(NbdOption.StartTls, (await connection.ReadOptionAsync()).Option);
        await connection.ReplyAsync(NbdOption.StartTls, NbdOptionReply.Ack);
        var secure = new SslStream(connection.Stream);
        connection.Stream = secure;
        try
        {
            await secure.AuthenticateAsServerAsync(certificate);
            await serve(connection);
        }
        catch (Exception gone) when (refused is not null && gone is IOException or System.Security.Authentication.AuthenticationException)
        {
            refused!.TrySetResult(0);
        }
    });
}
