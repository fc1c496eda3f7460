using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

public sealed class Structured_replies_should : NbdServerSpec
{
    private const int Piece64 = 64 << 10;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task bring_a_long_read_in_pieces_and_one_that_must_not_be_cut_whole(bool prompt)
    {
        var memory = Random(5 * Piece64 + 10);
        var server = Serve(prompt ? memory : new CountingDevice(memory), settings: settings => settings with { PieceSize = Piece64 });
        var client = await UseAsync(server, structured: true);
        var chunks = await client.ChunksAsync(await client.BeginAsync(NbdCommand.Read, 0, memory.Length));
        Assert.Equal(6, chunks.Count);
        Assert.Equal(memory.Bytes.ToArray(), Chunk.Join(chunks, 0, (int)memory.Length).Data);

        chunks = await client.ChunksAsync(await client.BeginAsync(NbdCommand.Read, 0, memory.Length, CommandFlags.DontFragment));
        Assert.Equal(memory.Bytes.ToArray(), Chunk.Join([Assert.Single(chunks)], 0, (int)memory.Length).Data);
    }

    [Fact]
    public async Task answer_what_has_no_data_in_one_word()
    {
        var client = await UseAsync(Serve(Random(4096)), structured: true);
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Trim, 4095, 2));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Cache, 0, 4096));
    }

    [Fact]
    public async Task say_where_a_read_failed_and_go_on()
    {
        var memory = Random(4 * Piece64);
        var device = memory.WithErrors(new ByteRange(Piece64 + 1000, 1));
        var client = await UseAsync(Serve(device, settings: settings => settings with { PieceSize = Piece64, MaxIos = 1 }), structured: true);
        var chunks = await client.ChunksAsync(await client.BeginAsync(NbdCommand.Read, 0, memory.Length));
        Assert.Equal(ChunkType.OffsetData, chunks[0].Type);
        Assert.Equal(memory.Bytes[..Piece64].ToArray(), chunks[0].Content.ToArray());
        Assert.Equal((ChunkType.ErrorOffset, NbdError.Io), (chunks[1].Type, chunks[1].Error));
        Assert.Equal(Piece64, System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(chunks[1].Data.AsSpan(6)));
        Assert.Equal(NbdError.None, (await client.ReadAtAsync(0, 4096)).Error);
        Assert.Equal(NbdError.Invalid, Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.Read, 4 * Piece64, 1))).Error);
    }

    [Fact]
    public async Task tell_holes_from_data()
    {
        var device = new OffloadingDevice(1 << 20, maps: true);
        device.Bytes[8192] = 1;
        device.Bytes[65_536] = 1;
        var client = await UseAsync(Serve(new Mapped(device)), structured: true);
        const ExtentFlags hole = ExtentFlags.Hole | ExtentFlags.Zero;
        async Task<List<(uint, ExtentFlags)>> Status(long offset, long length, CommandFlags flags = 0) =>
            Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, offset, length, flags))).Extents;

        Assert.Equal([(8192, hole), (4096, ExtentFlags.None), (53_248, hole), (4096, ExtentFlags.None), ((1 << 20) - 69_632, hole)], await Status(0, 1 << 20));
        Assert.Equal([(1, hole), (1, ExtentFlags.None)], await Status(8191, 2));
        Assert.Equal([(8192, hole)], await Status(0, 1 << 20, CommandFlags.OneExtent));
        Assert.Equal([(4096, ExtentFlags.None)], await Status(8192, 1 << 19, CommandFlags.OneExtent));
        Assert.Equal([(100, ExtentFlags.None)], await Status(8192, 100, CommandFlags.OneExtent));
    }

    [Fact]
    public async Task end_the_map_of_many_extents_early()
    {
        const int count = 6000;
        var device = new OffloadingDevice(count * 4096, maps: true);
        for (var i = 0; i < count; i += 2)
            device.Bytes[i * 4096] = 1;
        var client = await UseAsync(Serve(new Mapped(device)), structured: true);
        var (at, extents) = (0L, 0);
        while (at < device.Length)
        {
            var chunk = Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, at, device.Length - at)));
            Assert.InRange(chunk.Extents.Count, 1, 4096);
            extents += chunk.Extents.Count;
            at += chunk.Extents.Sum(static extent => extent.Length);
        }
        Assert.Equal((device.Length, count), (at, extents));
    }

    [Fact]
    public async Task take_a_device_that_knows_of_no_holes_or_cannot_tell_for_data()
    {
        foreach (var device in new IBlockDevice[] { BlockDevice.Memory(1 << 20), new Unmapped(BlockDevice.Memory(1 << 20)) })
        {
            var client = await UseAsync(Serve(device), structured: true);
            var chunk = Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, 0, 1 << 20)));
            Assert.Equal([(1u << 20, ExtentFlags.None)], chunk.Extents);
            Assert.Equal(NbdError.Invalid, Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, 1, 1 << 20))).Error);
        }
    }

    /// <summary>Reports the holes of its inner device, which a layer does not do by default, and hides that the device is memory.</summary>
    private sealed class Mapped(OffloadingDevice inner) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => Inner.Features | DeviceFeatures.Map;

        public override ValueTask<ExtentResult> MapAsync(long offset, long length) => Inner.MapAsync(offset, length);
    }

    private sealed class Unmapped(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => DeviceFeatures.Map;

        public override ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Failure(IoError.Io));
    }
}
