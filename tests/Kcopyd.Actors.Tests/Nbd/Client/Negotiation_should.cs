using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

public sealed class Negotiation_should : NbdClientSpec
{
    private static Task IdleAsync(FakeConnection connection) => connection.RequestAsync();

    [Fact]
    public async Task give_a_device_with_the_size_the_blocks_and_the_abilities_of_the_export()
    {
        var device = await OpenAsync(Serve(new FakeExport(12_288) { Blocks = (4096, 65536, 1 << 20) }, IdleAsync));

        Assert.Equal((12_288, 4096, 4096, false), (device.Length, device.Alignment, device.LogicalBlockSize, device.IsReadOnly));
        Assert.Equal(DeviceFeatures.WriteZeroes | DeviceFeatures.Discard | DeviceFeatures.VolatileCache | DeviceFeatures.Map, device.Features);
        Assert.Equal(1 << 20, device.Info.MaximumPayload);
    }

    [Fact]
    public async Task fall_back_to_the_old_option_where_GO_is_unknown()
    {
        var export = new FakeExport(1000) { HasGo = false, IsStructured = false, Flags = TransmissionFlags.HasFlags | TransmissionFlags.ReadOnly };
        var device = await OpenAsync(Serve(export, IdleAsync));

        Assert.Equal((1000, 1, true, DeviceFeatures.None), (device.Length, device.Alignment, device.IsReadOnly, device.Features));
        Assert.Equal(IoError.ReadOnly, (await device.WriteAsync(0, new byte[1])).Error);
    }

    [Fact]
    public async Task refuse_what_speaks_no_NBD_or_an_old_one()
    {
        Assert.Contains("not an NBD server", (await RefusedAsync(Serve(connection => connection.WriteAsync(
            "HTTP/1.1 400 Bad Request\r\n"u8.ToArray())))).Message, StringComparison.Ordinal);
        Assert.Contains("oldstyle", (await RefusedAsync(Serve(connection => connection.WriteAsync(
            FakeConnection.U64(NbdNumbers.ServerMagic), FakeConnection.U64(NbdNumbers.OldstyleMagic), new byte[136])))).Message, StringComparison.Ordinal);
        Assert.Contains("fixed newstyle", (await RefusedAsync(Serve(connection => connection.GreetAsync(HandshakeFlags.NoZeroes)))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NbdOptionReply.TlsRequired, "nbds", NbdFailure.TlsRequired)]
    [InlineData(NbdOptionReply.Unknown, "has no export", NbdFailure.NoExport)]
    [InlineData(NbdOptionReply.Policy, "not permit", NbdFailure.Refused)]
    [InlineData(NbdOptionReply.Shutdown, "shutting down", NbdFailure.Refused)]
    internal async Task tell_why_the_server_refuses_and_what_it_says_without_its_control_characters(NbdOptionReply reply, string hint, NbdFailure reason)
    {
        var refused = await RefusedAsync(Serve(async connection =>
        {
            await connection.GreetAsync();
            for (var isOver = false; !isOver;)
            {
                var (option, _) = await connection.ReadOptionAsync();
                isOver = option == NbdOption.Go;
                await connection.ReplyAsync(option, isOver ? reply : NbdOptionReply.Unsupported, "no\u001b[2Jway."u8.ToArray());
            }
        }));
        Assert.Equal(reason, refused.Reason);
        Assert.Contains(hint, refused.Message, StringComparison.Ordinal);
        Assert.Contains(": no?[2Jway. ", refused.Message + " ", StringComparison.Ordinal);
    }

    [Fact]
    public async Task be_refused_wherever_the_server_breaks_off()
    {
        // Everything that the server sends, cut at each byte.
        using var recorded = new MemoryStream();
        await using (var whole = new FakeServer(async connection =>
        {
            connection.Stream = new Recording(connection.Stream, recorded);
            await connection.NegotiateAsync(new FakeExport { Blocks = (512, 4096, 1 << 20) });
            await connection.RequestAsync();
        }))
        {
            await using var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(whole.Uri));
        }
        var said = recorded.ToArray();
        Assert.InRange(said.Length, 100, 1000);
        var length = 0;
        var server = Serve(async connection =>
        {
            await connection.WriteAsync(said[..length]);
            ((System.Net.Sockets.NetworkStream)connection.Stream).Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            while (await connection.Stream.ReadAsync(new byte[4096]) > 0)
            {
            }
        });
        for (length = 0; length < said.Length; length++)
            Assert.Contains(server.Path, (await RefusedAsync(server)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task close_the_socket_when_it_is_cancelled()
    {
        var isClosed = new TaskCompletionSource();
        var isGreeted = new TaskCompletionSource();
        var server = Serve(async connection =>
        {
            await connection.GreetAsync();
            await connection.ReadOptionAsync();
            isGreeted.SetResult();
            if (await connection.Stream.ReadAsync(new byte[1]) == 0)
                isClosed.SetResult();
        });
        using var cancellation = new CancellationTokenSource();
        var opening = Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri, cancellationToken: cancellation.Token);
        await Soon(isGreeted.Task);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon(opening));
        await Soon(isClosed.Task);
    }

    [Fact]
    public async Task not_wait_for_a_server_that_says_nothing()
    {
        var refused = await RefusedAsync(Serve(connection => connection.ReadAsync(1)), new NbdClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(50) });
        Assert.Contains("did not answer", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task list_exports_with_what_the_server_says_of_them()
    {
        var server = Serve(async connection =>
        {
            await connection.GreetAsync();
            await connection.ReadOptionAsync();
            foreach (var name in new[] { "a", "b" })
            {
                var text = System.Text.Encoding.UTF8.GetBytes(name);
                await connection.ReplyAsync(NbdOption.List, NbdOptionReply.Server, FakeConnection.U32(1), text, "more"u8.ToArray());
            }
            await connection.ReplyAsync(NbdOption.List, NbdOptionReply.Ack);
            await connection.OptionsAsync(new FakeExport(4096));
        });

        var exports = await Soon(NbdBlockDevice.ListAsync(server.Uri));

        Assert.Equal([("a", 4096L), ("b", 4096L)], exports.Select(static export => (export.Name, export.Length!.Value)));
    }

    private sealed class Recording(Stream inner, Stream copy) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            copy.Write(buffer.Span);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
