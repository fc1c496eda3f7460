using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

public sealed class Replies_should() : NbdClientSpec("akka.loglevel = DEBUG")
{
    private static readonly byte[] Data = Bytes.Random(4096);
    private static readonly NbdClientOptions Once = new() { ReconnectLimit = TimeSpan.Zero };

    // One read of 4096 bytes at 8192, which the callback answers.
    private async Task<(IoResult Result, byte[] Buffer)> ReadAsync(Func<FakeConnection, ulong, Task> answer, FakeExport? export = null)
    {
        var device = await OpenAsync(Serve(export ?? new FakeExport(), async connection =>
        {
            await answer(connection, (await connection.NextAsync()).Cookie);
            await connection.RequestAsync();
        }), Once);
        var buffer = Bytes.Filled(4096, 0xAA);
        return (await Soon(device.ReadAsync(8192, buffer).AsTask()), buffer);
    }

    [Fact]
    public async Task bring_the_data_of_a_simple_read_in_any_parts()
    {
        var (result, buffer) = await ReadAsync(async (connection, cookie) =>
        {
            await connection.SimpleAsync(cookie, NbdError.None, Data[..1000]);
            foreach (var part in Data[1000..].Chunk(100))
                await connection.WriteAsync(part);
        }, new FakeExport { IsStructured = false });
        Assert.Equal(IoResult.Success(4096), result);
        Assert.Equal(Data, buffer);
    }

    [Fact]
    public async Task bring_data_and_holes_in_any_order()
    {
        var (result, buffer) = await ReadAsync(async (connection, cookie) =>
        {
            await connection.DataAsync(cookie, 8192 + 3072, Data[3072..]);
            await connection.HoleAsync(cookie, 8192 + 1024, 1024);
            await connection.DataAsync(cookie, 8192 + 2048, Data[2048..3072]);
            await connection.DataAsync(cookie, 8192, Data[..1024]);
            await connection.DoneAsync(cookie);
        });
        Assert.Equal(IoResult.Success(4096), result);
        Assert.Equal([.. Data[..1024], .. new byte[1024], .. Data[2048..]], buffer);
    }

    public static TheoryData<string> Abuses => [.. Abuse.Keys];

    private static Dictionary<string, Func<FakeConnection, ulong, Task>> Abuse { get; } = new()
    {
        ["before the request"] = (connection, cookie) => connection.DataAsync(cookie, 8191, Data, true),
        ["behind the request"] = (connection, cookie) => connection.DataAsync(cookie, 8193, Data, true),
        ["longer than the request"] = (connection, cookie) => connection.DataAsync(cookie, 8192, new byte[4097], true),
        ["at an offset beyond all"] = (connection, cookie) => connection.DataAsync(cookie, -1, Data, true),
        ["a hole behind the request"] = (connection, cookie) => connection.HoleAsync(cookie, 8192, 4097, true),
        ["a hole of 4 GiB"] = (connection, cookie) => connection.HoleAsync(cookie, 8192, uint.MaxValue, true),
        ["a hole of nothing"] = (connection, cookie) => connection.HoleAsync(cookie, 8192, 0, true),
        ["data without data"] = (connection, cookie) => connection.DataAsync(cookie, 8192, [], true),
        ["the same twice"] = async (connection, cookie) =>
        {
            await connection.DataAsync(cookie, 8192, Data[..2048]);
            await connection.DataAsync(cookie, 8192 + 2047, Data[..2049], true);
        },
        ["not all"] = (connection, cookie) => connection.DataAsync(cookie, 8192, Data[..4095], true),
        ["nothing"] = (connection, cookie) => connection.DoneAsync(cookie),
        ["a simple reply where structured ones were agreed on"] = (connection, cookie) => connection.SimpleAsync(cookie, NbdError.None, Data),
        ["a block status"] = (connection, cookie) => connection.ChunkAsync(cookie, ChunkType.BlockStatus, true,
            FakeConnection.U32(FakeConnection.Context), FakeConnection.U32(4096), FakeConnection.U32(0)),
        ["an unknown type"] = (connection, cookie) => connection.ChunkAsync(cookie, (ChunkType)99, true),
        ["a malformed error"] = (connection, cookie) =>
            connection.ChunkAsync(cookie, ChunkType.Error, true, FakeConnection.U32(5), FakeConnection.U16(100)),
        ["an error of 4 GiB"] = (connection, cookie) => connection.WriteAsync(
            FakeConnection.U32(NbdNumbers.StructuredReplyMagic), FakeConnection.U16(1), FakeConnection.U16(0x8001), FakeConnection.U64(cookie),
            FakeConnection.U32(uint.MaxValue)),
        ["data of 4 GiB"] = (connection, cookie) => connection.WriteAsync(
            FakeConnection.U32(NbdNumbers.StructuredReplyMagic), FakeConnection.U16(1), FakeConnection.U16(1), FakeConnection.U64(cookie),
            FakeConnection.U32(uint.MaxValue), FakeConnection.U64(8192)),
    };

    [Theory]
    [MemberData(nameof(Abuses))]
    public async Task fail_the_read_and_end_the_connection_where_they_are(string abuse) =>
        Assert.Equal(IoResult.Failure(IoError.NoDevice), (await ReadAsync(Abuse[abuse])).Result);

    [Fact]
    public async Task end_the_connection_where_nobody_waits_for_them()
    {
        Assert.Equal(IoError.NoDevice, (await ReadAsync((connection, cookie) => connection.SimpleAsync(cookie + 1))).Result.Error);
        Assert.Equal(IoError.NoDevice, (await ReadAsync((connection, cookie) => connection.SimpleAsync(cookie | 1UL << 62))).Result.Error);
        Assert.Equal(IoError.NoDevice, (await ReadAsync((connection, _) => connection.WriteAsync(new byte[16]))).Result.Error);
        Assert.Equal(IoError.NoDevice,
            (await ReadAsync((connection, cookie) => connection.DoneAsync(cookie), new FakeExport { IsStructured = false })).Result.Error);
    }

    [Fact]
    public async Task not_be_taken_twice()
    {
        var answered = new TaskCompletionSource();
        var device = await OpenAsync(Serve(new FakeExport(), async connection =>
        {
            var first = (await connection.NextAsync()).Cookie;
            await connection.DataAsync(first, 0, Data, true);
            var second = await connection.NextAsync();
            await connection.DataAsync(first, 0, Data, true);
            await connection.RequestAsync();
            answered.SetResult();
        }), Once);
        Assert.True((await Soon(device.ReadAsync(0, new byte[4096]).AsTask())).IsSuccess);
        Assert.Equal(IoError.NoDevice, (await Soon(device.ReadAsync(0, new byte[4096]).AsTask())).Error);
        await Soon(answered.Task);
    }

    [Theory]
    [InlineData(NbdError.NotPermitted, IoError.NotPermitted)]
    [InlineData(NbdError.Io, IoError.Io)]
    [InlineData(NbdError.NoSpace, IoError.NoSpace)]
    [InlineData(NbdError.NoMemory, (IoError)12)]
    [InlineData(NbdError.Invalid, IoError.Invalid)]
    [InlineData(NbdError.Overflow, (IoError)75)]
    [InlineData(NbdError.NotSupported, IoError.NotSupported)]
    [InlineData((NbdError)4711, IoError.Invalid)]
    internal async Task tell_errors_and_the_device_goes_on(NbdError sent, IoError expected)
    {
        var device = await OpenAsync(Serve(new FakeExport(), async connection =>
        {
            await connection.ErrorAsync((await connection.NextAsync()).Cookie, sent);
            await connection.SimpleAsync((await connection.NextAsync()).Cookie, sent);
            await connection.SimpleAsync((await connection.NextAsync()).Cookie);
            await connection.RequestAsync();
        }), Once);
        Assert.Equal(IoResult.Failure(expected), await Soon(device.ReadAsync(0, new byte[512]).AsTask()));
        Assert.Equal(IoResult.Failure(expected), await Soon(device.WriteAsync(0, new byte[512]).AsTask()));
        Assert.Equal(IoResult.Success(512), await Soon(device.WriteAsync(0, new byte[512]).AsTask()));
    }

    [Theory]
    [InlineData(ChunkType.Error)]
    [InlineData(ChunkType.ErrorOffset)]
    internal async Task have_what_the_server_says_of_an_error_in_the_log_without_its_control_characters_and_not_at_any_length(ChunkType type)
    {
        var text = "bad\u001b[2J sector" + new string('!', 4000);
        var logged = new System.Text.RegularExpressions.Regex("says of Read of 4096 bytes at 8192: bad\\?\\[2J sector!{100,300}… \\(Io\\)$");
        await EventFilter.Debug(logged).ExpectOneAsync(async () =>
        {
            var (result, _) = await ReadAsync((connection, cookie) => connection.ChunkAsync(cookie, type, true,
                FakeConnection.U32((uint)NbdError.Io), FakeConnection.U16((ushort)text.Length),
                System.Text.Encoding.UTF8.GetBytes(text), type == ChunkType.ErrorOffset ? FakeConnection.U64(8192) : []));
            Assert.Equal(IoResult.Failure(IoError.Io), result);
        });
    }

    [Fact]
    public async Task say_what_is_known_to_be_zero_and_only_that()
    {
        (uint Length, uint Flags)[] told = [(4096, 0), (512, 3), (1024, 1), (512, 2), (1 << 30, 3)];
        var device = await OpenAsync(Serve(new FakeExport(8192), async connection =>
        {
            foreach (var (length, flags) in told)
            {
                var cookie = (await connection.NextAsync()).Cookie;
                await connection.ChunkAsync(cookie, ChunkType.BlockStatus, true,
                    FakeConnection.U32(FakeConnection.Context), FakeConnection.U32(length), FakeConnection.U32(flags));
            }
            await connection.ErrorAsync((await connection.NextAsync()).Cookie, NbdError.Io);
            await connection.RequestAsync();
        }), Once);
        var extents = new List<ExtentResult>();
        for (var i = 0; i <= told.Length; i++)
            extents.Add(await Soon(device.MapAsync(0, 8192).AsTask()));
        Assert.Equal(
            [
                ExtentResult.Data(4096), ExtentResult.Zero(512), ExtentResult.Data(1024), ExtentResult.Zero(512), ExtentResult.Zero(8192),
                ExtentResult.Failure(IoError.Io),
            ],
            extents);
    }

    [Fact]
    public async Task fail_once_each_with_Closed_when_the_device_is_disposed()
    {
        var seen = new TaskCompletionSource();
        var server = Serve(new FakeExport(), async connection =>
        {
            for (var i = 0; i < 64; i++)
                await connection.NextAsync();
            seen.SetResult();
            await connection.RequestAsync();
        });
        var device = await OpenAsync(server);
        var reads = Enumerable.Range(0, 100).Select(_ => device.ReadAsync(0, new byte[512]).AsTask()).ToList();
        await Soon(seen.Task);

        await Soon(device.DisposeAsync().AsTask());

        Assert.All(await Soon(Task.WhenAll(reads)), static result => Assert.Equal(IoResult.Failure(IoError.Closed), result));
        Assert.Equal(IoError.Closed, (await Soon(device.ReadAsync(0, new byte[512]).AsTask())).Error);
    }
}
