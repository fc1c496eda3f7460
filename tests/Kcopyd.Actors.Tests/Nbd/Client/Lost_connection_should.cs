using System.Collections.Concurrent;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

public sealed class Lost_connection_should() : NbdClientSpec(VirtualTime)
{
    private static readonly byte[] Data = Bytes.Random(512);

    [Fact]
    public async Task have_its_requests_answered_by_the_next_one()
    {
        var server = Serve(new FakeExport(), async connection =>
        {
            var request = await connection.NextAsync();
            if (connection.Number == 1)
                return;
            await connection.DataAsync(request.Cookie, request.Offset, Data, true);
            await connection.RequestAsync();
        });
        var device = await OpenAsync(server);
        var buffer = new byte[512];

        Assert.Equal(IoResult.Success(512), await Soon(device.ReadAsync(0, buffer).AsTask()));

        Assert.Equal(Data, buffer);
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task have_its_requests_answered_by_another_and_not_be_replaced_while_that_lives()
    {
        var (seen, isLosing) = (new ConcurrentDictionary<int, bool>(), false);
        var server = Serve(new FakeExport { Flags = TransmissionFlags.HasFlags | TransmissionFlags.CanMultiConn }, async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                seen[connection.Number] = true;
                if (connection.Number == 1 && Volatile.Read(ref isLosing))
                    return;
                await connection.SimpleAsync(request.Cookie);
            }
        });
        var device = await OpenAsync(server, new NbdClientOptions { Connections = 2 });
        await Until(async () =>
        {
            await WriteAsync();
            return seen.Count == 2;
        });
        Volatile.Write(ref isLosing, true);
        await Until(async () =>
        {
            await WriteAsync();
            return server.Alive == 1;
        });
        for (var i = 0; i < 50; i++)
            await WriteAsync();

        Assert.Equal((2, 1), (server.Accepted, server.Alive));

        async Task WriteAsync()
        {
            var writes = Enumerable.Range(0, 16).Select(_ => device.WriteAsync(0, Data).AsTask());
            Assert.All(await Soon(Task.WhenAll(writes)), static written => Assert.Equal(IoResult.Success(512), written));
        }
    }

    [Fact]
    public async Task be_looked_for_until_the_limit_and_then_fail_all_for_good()
    {
        var server = Serve(new FakeExport(), async connection => await connection.NextAsync());
        var device = await OpenAsync(server, new NbdClientOptions { ReconnectLimit = TimeSpan.FromSeconds(60) });
        server.StopListening();

        var reads = Enumerable.Range(0, 3).Select(_ => device.ReadAsync(0, new byte[512]).AsTask()).ToList();
        await Soon(Until(() => server.Alive == 0));
        Assert.DoesNotContain(reads, static read => read.IsCompleted);
        await Until(() =>
        {
            Scheduler.Advance(TimeSpan.FromSeconds(5));
            return reads.TrueForAll(static read => read.IsCompleted);
        });

        Assert.All(await Task.WhenAll(reads), static result => Assert.Equal(IoResult.Failure(IoError.NoDevice), result));
        server.Listen();
        Assert.Equal(IoError.NoDevice, (await Soon(device.WriteAsync(0, Data).AsTask())).Error);
    }

    [Fact]
    public async Task be_tried_again_after_a_pause_and_found()
    {
        var server = Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request && request.Offset != 512)
                await connection.SimpleAsync(request.Cookie);
        });
        var device = await OpenAsync(server);
        server.StopListening();
        var write = device.WriteAsync(512, Data).AsTask();      // closes the connection
        await Until(() => server.Alive == 0);
        server.Listen();
        var next = device.WriteAsync(0, Data).AsTask();
        await Until(() =>
        {
            Scheduler.Advance(TimeSpan.FromMilliseconds(100));
            return next.IsCompleted && write.IsCompleted;
        });
        Assert.True((await next).IsSuccess);
        Assert.Equal(IoError.NoDevice, (await write).Error);      // it breaks the connection every time, so it is not sent forever
    }

    [Fact]
    public async Task be_looked_for_on_and_on_while_nobody_waits()
    {
        var server = Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
                await connection.SimpleAsync(request.Cookie);
        });
        var device = await OpenAsync(server, new NbdClientOptions { ReconnectLimit = TimeSpan.FromSeconds(60) });
        server.StopListening();
        server.Kill();
        await Until(() => server.Alive == 0);
        var minutes = 0;
        await Until(() =>
        {
            Scheduler.Advance(TimeSpan.FromMinutes(1));
            return ++minutes == 60;
        });
        server.Listen();
        await Until(() =>
        {
            Scheduler.Advance(TimeSpan.FromSeconds(1));
            return server.Accepted == 2;
        });
        Assert.Equal(IoResult.Success(512), await Soon(device.WriteAsync(0, Data).AsTask()));
    }

    [Fact]
    public async Task be_the_end_where_reconnecting_is_off()
    {
        var server = Serve(new FakeExport(), async connection => await connection.NextAsync());
        var device = await OpenAsync(server, new NbdClientOptions { ReconnectLimit = TimeSpan.Zero });
        Assert.Equal(IoError.NoDevice, (await Soon(device.ReadAsync(0, new byte[512]).AsTask())).Error);
        Assert.Equal(IoError.NoDevice, (await Soon(device.FlushAsync().AsTask())).Error);
        Assert.Equal(1, server.Accepted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task be_the_end_if_the_server_comes_back_with_another_export(bool isReadOnly)
    {
        var server = Serve(async connection =>
        {
            var export = new FakeExport();
            var other = isReadOnly ? export with { Flags = export.Flags | TransmissionFlags.ReadOnly } : export with { Length = export.Length * 2 };
            await connection.NegotiateAsync(connection.Number == 1 ? export : other);
            await connection.NextAsync();
        });
        var device = await OpenAsync(server);
        Assert.Equal(IoError.NoDevice, (await Soon(device.ReadAsync(0, new byte[512]).AsTask())).Error);
    }

    [Fact]
    public async Task fail_every_flush_from_then_on_where_writes_are_not_kept()
    {
        var server = Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request && (connection.Number > 1 || request.Command == NbdCommand.Write))
                await connection.SimpleAsync(request.Cookie);
        });
        var device = await OpenAsync(server, new NbdClientOptions { UnflushedLimit = 0 });
        Assert.True((await Soon(device.WriteAsync(0, Data).AsTask())).IsSuccess);
        Assert.Equal(IoError.Io, (await Soon(device.FlushAsync().AsTask())).Error);
        Assert.True((await Soon(device.WriteAsync(0, Data).AsTask())).IsSuccess);
        Assert.Equal(IoError.Io, (await Soon(device.FlushAsync().AsTask())).Error);
    }

    [Fact]
    public async Task lose_nothing_where_a_server_says_that_it_is_shutting_down_and_take_leave_of_it()
    {
        var left = new TaskCompletionSource<bool>();
        var server = Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
                await connection.SimpleAsync(request.Cookie, connection.Number == 1 ? NbdError.Shutdown : NbdError.None);
            left.TrySetResult(connection.HasLeft);
        });
        var device = await OpenAsync(server);
        Assert.Equal(IoResult.Success(512), await Soon(device.WriteAsync(0, Data).AsTask()));
        Assert.True(await Soon(left.Task));
    }
}
