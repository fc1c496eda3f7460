using System.Collections.Concurrent;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>Additional connections to a server that allows several.</summary>
public sealed class Spare_connections_should() : NbdClientSpec(VirtualTime)
{
    private const int AtOnce = 16;

    private static readonly FakeExport Shared = new() { Flags = TransmissionFlags.HasFlags | TransmissionFlags.CanMultiConn };

    [Fact]
    public async Task join_one_after_the_other_when_there_is_work_for_them()
    {
        var seen = new ConcurrentDictionary<int, int>();
        var server = Serve(Shared, connection => AnswerAsync(connection, seen));
        var device = await OpenAsync(server, new NbdClientOptions { Connections = 3 });
        Assert.Equal(1, server.Accepted);

        await WorkUntilAsync(device, () => seen.Count == 3);
        await WorkAsync(device);

        Assert.Equal((3, 3), (server.Accepted, server.Alive));
    }

    [Theory]
    [InlineData(1, TransmissionFlags.CanMultiConn)]
    [InlineData(3, TransmissionFlags.None)]
    internal async Task not_be_opened_where_they_are_not_wanted_or_do_not_see_the_same(int connections, TransmissionFlags flags)
    {
        var server = Serve(Shared with { Flags = TransmissionFlags.HasFlags | flags }, connection => AnswerAsync(connection, new()));
        var device = await OpenAsync(server, new NbdClientOptions { Connections = connections });
        for (var i = 0; i < 50; i++)
            await WorkAsync(device);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task not_be_opened_for_one_request_at_a_time()
    {
        var server = Serve(Shared, connection => AnswerAsync(connection, new()));
        var device = await OpenAsync(server);
        for (var i = 0; i < 50; i++)
            await WorkAsync(device, atOnce: 1);
        Assert.Equal(1, server.Accepted);
    }

    public static TheoryData<string> Refusals =>
        ["closed at once", "no greeting", "shutting down", "another size", "closed after the negotiation", "no answers"];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task not_delay_or_fail_anything_and_not_be_tried_again_where_the_server_has_no_room(string refusal)
    {
        var refused = new TaskCompletionSource();
        var server = Serve(async connection =>
        {
            if (connection.Number == 2)
            {
                refused.TrySetResult();
                await RefuseAsync(connection, refusal);
                return;
            }
            await connection.NegotiateAsync(Shared);
            await AnswerAsync(connection, new());
        });
        var device = await OpenAsync(server);
        await WorkUntilAsync(device, () => refused.Task.IsCompleted);
        for (var i = 0; i < 50; i++)
            await WorkAsync(device);

        Assert.Equal(2, server.Accepted);

        // The next session opens none either, unless the connection failed only because the session ended.
        if (refusal is "closed at once" or "shutting down" or "another size")
        {
            server.Kill();
            await WorkAsync(device);
            for (var i = 0; i < 50; i++)
                await WorkAsync(device);
            Assert.Equal(3, server.Accepted);
        }
    }

    [Fact]
    public async Task leave_the_only_place_of_a_server_to_the_session_that_follows()
    {
        // Like qemu-nbd without --shared: the second client waits in the queue and gets no greeting before the first is gone.
        var (place, waiting) = (new SemaphoreSlim(1), new TaskCompletionSource());
        var server = Serve(async connection =>
        {
            if (connection.Number == 2)
                waiting.SetResult();
            await place.WaitAsync();
            try
            {
                await connection.NegotiateAsync(Shared);
                await AnswerAsync(connection, new());
            }
            finally
            {
                place.Release();
            }
        });
        var device = await OpenAsync(server);
        await WorkUntilAsync(device, () => waiting.Task.IsCompleted);
        server.Kill(1);
        await WorkAsync(device);
    }

    [Fact]
    public async Task carry_nothing_before_the_server_has_answered_a_request_that_was_sent_after_they_were_open()
    {
        var (first, second) = (new BlockingCollection<FakeRequest>(), 0);
        var (mayOpen, opened, arrived) = (new TaskCompletionSource(), new TaskCompletionSource(), new SemaphoreSlim(0));
        FakeConnection? old = null;
        var server = Serve(async connection =>
        {
            if (connection.Number == 1)
                old = connection;
            else
                await mayOpen.Task;
            await connection.NegotiateAsync(Shared);
            if (connection.Number == 2)
                opened.SetResult();
            while (await connection.RequestAsync() is { } request)
            {
                if (connection.Number == 1)
                    first.Add(request);
                else
                    Interlocked.Increment(ref second);
                arrived.Release();
                if (connection.Number == 2)
                    await connection.SimpleAsync(request.Cookie);
            }
        });
        var device = await OpenAsync(server, new NbdClientOptions { Connections = 2 });
        var writes = new List<Task<IoResult>>();
        async Task WriteAsync()
        {
            writes.Add(device.WriteAsync(0, new byte[512]).AsTask());
            Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(60)));
        }

        // The first connection may lead to a machine that has lost power, and the second to the same machine after its restart.
        await WriteAsync();
        await old!.SimpleAsync(first.Take().Cookie);
        for (var i = 0; i < 8; i++)
            await WriteAsync();
        mayOpen.SetResult();
        await Soon(opened.Task);
        for (var i = 0; i < 8; i++)
            await old!.SimpleAsync(first.Take().Cookie);      // proves nothing about the time after
        for (var i = 0; i < 40; i++)
            await WriteAsync();
        Assert.Equal(0, second);

        // Once a newer request is answered, the second connection carries requests.
        while (Volatile.Read(ref second) == 0)
        {
            await old!.SimpleAsync(first.Take().Cookie);
            await WriteAsync();
        }
        while (first.TryTake(out var request))
            await old!.SimpleAsync(request.Cookie);
        Assert.All(await Soon(Task.WhenAll(writes)), static written => Assert.Equal(IoResult.Success(512), written));
    }

    [Fact]
    public async Task lead_to_the_address_that_the_first_connection_has()
    {
        var (a, b) = (Serve(connection => AgreeAsync(connection), isTcp: true), Serve(connection => AgreeAsync(connection), isTcp: true));
        var first = await Soon(new NbdConnector(a.Uri, new NbdClientOptions(), null, Completions.OnPool).OpenAsync(null, CancellationToken.None));
        var second = await Soon(new NbdConnector(b.Uri, new NbdClientOptions(), null, Completions.OnPool).OpenAsync(first, CancellationToken.None));
        Assert.Equal((2, 0), (a.Accepted, b.Accepted));
        first.Break("done");
        second.Break("done");

        static async Task AgreeAsync(FakeConnection connection)
        {
            await connection.NegotiateAsync(Shared);
            await connection.RequestAsync();
        }
    }

    private static async Task RefuseAsync(FakeConnection connection, string refusal)
    {
        switch (refusal)
        {
            case "closed at once":
                return;
            case "shutting down":
                await connection.GreetAsync();
                await connection.ReplyAsync((await connection.ReadOptionAsync()).Option, NbdOptionReply.Shutdown);
                return;
            case "another size":
                await connection.NegotiateAsync(Shared with { Length = 4096 });
                break;
            case "closed after the negotiation":
                await connection.NegotiateAsync(Shared);
                return;
            case "no answers":
                await connection.GreetAsync();
                break;
        }
        await connection.SwallowAsync();
    }

    private static async Task AnswerAsync(FakeConnection connection, ConcurrentDictionary<int, int> seen)
    {
        while (await connection.RequestAsync() is { } request)
        {
            seen.AddOrUpdate(connection.Number, 1, static (_, count) => count + 1);
            await connection.SimpleAsync(request.Cookie);
        }
    }

    private static async Task WorkAsync(NbdBlockDevice device, int atOnce = AtOnce)
    {
        var writes = Enumerable.Range(0, atOnce).Select(i => device.WriteAsync(i * 512, new byte[512]).AsTask());
        Assert.All(await Soon(Task.WhenAll(writes)), static written => Assert.Equal(IoResult.Success(512), written));
    }

    private static Task WorkUntilAsync(NbdBlockDevice device, Func<bool> holds) => Until(async () =>
    {
        await WorkAsync(device);
        return holds();
    });
}
