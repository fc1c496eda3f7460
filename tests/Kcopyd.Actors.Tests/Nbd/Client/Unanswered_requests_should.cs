using Akka.Actor;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>A server that is connected and does not answer: frozen, cut off, or stuck with one request.</summary>
public sealed class Unanswered_requests_should() : NbdClientSpec(VirtualTime)
{
    private const int Ticks = 8;        // per timeout

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(40);
    private static readonly NbdClientOptions Options = new() { RequestTimeout = Timeout, Connections = 1 };

    private NbdBlockDevice _device = null!;

    private async Task TickAsync()
    {
        Scheduler.Advance(Timeout / Ticks);
        await HandledAsync();
    }

    // The actor has processed all earlier messages.
    private Task<ActorIdentity> HandledAsync() => Soon(_device.Actor.Ask<ActorIdentity>(new Identify(null)));

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 5)]
    public async Task be_sent_again_over_another_connection_after_the_timeout_and_not_before(bool isLong, int timeouts)
    {
        var arrived = new TaskCompletionSource();
        var server = Serve(new FakeExport(), async connection =>
        {
            var request = await connection.NextAsync();
            arrived.TrySetResult();
            if (connection.Number == 1)
                await connection.SwallowAsync();
            await connection.SimpleAsync(request.Cookie);
            await connection.SwallowAsync();
        });
        _device = await OpenAsync(server, Options);
        var io = isLong ? _device.FlushAsync().AsTask() : _device.WriteAsync(0, new byte[512]).AsTask();
        await Soon(arrived.Task);
        await HandledAsync();

        for (var tick = 1; tick <= Ticks * timeouts; tick++)
        {
            await TickAsync();
            Assert.False(io.IsCompleted);
            Assert.Equal(1, server.Accepted);
        }
        await TickAsync();

        Assert.True((await Soon(io)).IsSuccess);
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task cost_their_connection_though_the_server_answers_all_others()
    {
        var server = Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                if (connection.Number > 1 || request.Offset > 0)
                    await connection.SimpleAsync(request.Cookie);
            }
        });
        _device = await OpenAsync(server, Options);
        var forgotten = _device.WriteAsync(0, new byte[512]).AsTask();
        for (var tick = 0; tick <= Ticks; tick++)
        {
            Assert.Equal(1, server.Accepted);
            for (var i = 0; i < 10; i++)
                Assert.True((await Soon(_device.WriteAsync(512, new byte[512]).AsTask())).IsSuccess);
            await TickAsync();
        }
        Assert.Equal(IoResult.Success(512), await Soon(forgotten));
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task wait_as_long_as_those_before_them_are_answered()
    {
        const int Count = 4 * Ticks;
        var (requests, go) = (new List<FakeRequest>(), new SemaphoreSlim(0));
        var all = new TaskCompletionSource();
        var server = Serve(new FakeExport(), async connection =>
        {
            while (requests.Count < Count)
                requests.Add(await connection.NextAsync());
            all.SetResult();
            // The oldest is answered last: a server may answer in any order.
            for (var i = Count - 1; i >= 0; i--)
            {
                await go.WaitAsync();
                await connection.SimpleAsync(requests[i].Cookie);
            }
            await connection.SwallowAsync();
        });
        _device = await OpenAsync(server, Options);
        var writes = Enumerable.Range(0, Count).Select(_ => _device.WriteAsync(0, new byte[512]).AsTask()).ToList();
        await Soon(all.Task);
        for (var i = 1; i <= Count; i++)
        {
            await TickAsync();
            go.Release();
            await Until(() => writes.Count(static write => write.IsCompleted) == i);
        }
        Assert.All(await Task.WhenAll(writes), static written => Assert.Equal(IoResult.Success(512), written));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task wait_as_long_as_their_data_come_however_slowly()
    {
        var data = Bytes.Random(4 * Ticks * 100);
        var (go, sent) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        var server = Serve(new FakeExport { IsStructured = false }, async connection =>
        {
            await connection.SimpleAsync((await connection.NextAsync()).Cookie);
            foreach (var part in data.Chunk(100))
            {
                await go.WaitAsync();
                await connection.WriteAsync(part);
                sent.Release();
            }
            await connection.SwallowAsync();
        });
        _device = await OpenAsync(server, Options);
        var buffer = new byte[data.Length];
        var read = _device.ReadAsync(0, buffer).AsTask();
        for (var i = 0; i < data.Length; i += 100)
        {
            await TickAsync();
            go.Release();
            await Soon(sent.WaitAsync());
            await Until(() => buffer[i + 99] == data[i + 99]);
        }
        Assert.Equal(IoResult.Success(data.Length), await Soon(read));
        Assert.Equal(data, buffer);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task wait_as_long_as_their_payload_is_taken_however_slowly()
    {
        const int Part = 512 << 10;
        var (go, taken) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        var server = Serve(new FakeExport(2 * Ticks * Part), async connection =>
        {
            await connection.ReadAsync(NbdNumbers.RequestHeader - 20);
            var cookie = await connection.ReadAsync(8);
            await connection.ReadAsync(12);
            for (var i = 0; i < 2 * Ticks; i++)
            {
                await go.WaitAsync();
                await connection.ReadAsync(Part);
                taken.Release();
            }
            await connection.SimpleAsync(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(cookie));
            await connection.SwallowAsync();
        });
        _device = await OpenAsync(server, Options);
        var write = _device.WriteAsync(0, new byte[2 * Ticks * Part]).AsTask();
        for (var i = 0; i < 2 * Ticks; i++)
        {
            await TickAsync();
            go.Release();
            await Soon(taken.WaitAsync());
        }
        Assert.Equal(IoResult.Success(2 * Ticks * Part), await Soon(write));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task wait_for_ever_where_the_timeout_is_infinite()
    {
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        var server = Serve(new FakeExport(), async connection =>
        {
            var request = await connection.NextAsync();
            arrived.SetResult();
            await answer.Task;
            await connection.SimpleAsync(request.Cookie);
            await connection.SwallowAsync();
        });
        _device = await OpenAsync(server, Options with { RequestTimeout = System.Threading.Timeout.InfiniteTimeSpan });
        var write = _device.WriteAsync(0, new byte[512]).AsTask();
        await Soon(arrived.Task);
        for (var i = 0; i < 100; i++)
        {
            Scheduler.Advance(TimeSpan.FromHours(1));
            await HandledAsync();
        }
        answer.SetResult();
        Assert.Equal(IoResult.Success(512), await Soon(write));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task fail_within_the_timeout_and_the_limit_where_the_server_stays_frozen()
    {
        // The server process is stopped, but the kernel still accepts connections for it.
        var server = Serve(async connection =>
        {
            if (connection.Number == 1)
                await connection.NegotiateAsync(new FakeExport());
            await connection.SwallowAsync();
        });
        _device = await OpenAsync(server, Options with { ReconnectLimit = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(10) });
        var started = Scheduler.Now;
        var write = _device.WriteAsync(0, new byte[512]).AsTask();
        await HandledAsync();
        await Until(async () =>
        {
            Scheduler.Advance(TimeSpan.FromSeconds(1));
            await HandledAsync();
            return write.IsCompleted;
        });
        Assert.Equal(IoError.NoDevice, (await write).Error);
        Assert.InRange(server.Accepted, 2, 5);
        Assert.InRange(Scheduler.Now - started, TimeSpan.FromSeconds(70), TimeSpan.FromSeconds(77));
    }

    [Fact]
    public async Task not_reach_the_server_any_more_after_they_were_given_up()
    {
        var (arrived, end) = (new TaskCompletionSource(), new TaskCompletionSource<Exception>());
        var server = Serve(async connection =>
        {
            await connection.NegotiateAsync(new FakeExport());
            if (connection.Number > 1)
            {
                await connection.SimpleAsync((await connection.NextAsync()).Cookie);
                await connection.SwallowAsync();
                return;
            }
            await connection.NextAsync();
            arrived.SetResult();
            end.SetResult(await Assert.ThrowsAsync<IOException>(() => connection.ReadAsync(1)));
        }, isTcp: true);
        _device = await OpenAsync(server, Options);
        var write = _device.WriteAsync(0, new byte[512]).AsTask();
        await Soon(arrived.Task);
        await HandledAsync();
        for (var tick = 0; tick <= Ticks; tick++)
            await TickAsync();
        Assert.True((await Soon(write)).IsSuccess);
        Assert.Contains("reset", (await Soon(end.Task)).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(-2)]
    public async Task have_a_timeout_of_at_least_ten_milliseconds(int milliseconds) =>
        Assert.Contains("10 ms", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            Sys.Kcopyd().OpenNbdDeviceAsync(NbdUri.Parse("nbd://localhost"),
                new NbdClientOptions { RequestTimeout = TimeSpan.FromMilliseconds(milliseconds) }))).Message, StringComparison.Ordinal);
}
