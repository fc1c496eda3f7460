using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Holes_should : EngineSpec
{
    private const int Length = 64 * Piece;

    [Fact]
    public async Task not_be_read_and_be_made_at_every_destination()
    {
        var source = Sparse((4, 3), (20, 30));
        var (file, disk) = (Full(), Full());
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(file, disk), CopyFlags.VerifyHash));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal(new OffloadedBytes { Holes = 2 * 33 * Piece }, result.Offloaded);
        Assert.Equal(31 * Piece, file.Asked("write").Sum(write => write.Length));
        Assert.Equal(33 * Piece, file.Asked("punch").Sum(punch => punch.Length));
        Assert.Empty(file.Asked("zero"));
        Assert.True(source.Bytes.SequenceEqual(file.Bytes));
        Assert.True(source.Bytes.SequenceEqual(disk.Bytes));
    }

    [Fact]
    public async Task be_read_and_written_if_they_are_switched_off()
    {
        var (source, copy) = (Sparse((4, 30)), Full());
        var result = await Soon(Client(s => s with { Offload = OffloadKinds.None }).CopyAsync(source.Whole(), Whole(copy)));
        Assert.Equal(default, result.Offloaded);
        Assert.Equal(Length, copy.Asked("write").Sum(write => write.Length));
        Assert.Empty(source.Asked("map"));
        Assert.True(source.Bytes.SequenceEqual(copy.Bytes));
    }

    [Fact]
    public async Task not_be_looked_for_by_a_small_job()
    {
        var source = Sparse((0, 16));
        await Soon(Client(s => s with { SubJobSize = 1 << 20 }).CopyAsync(source.Region(0, 128), [Full().Region(0, 128)]));
        Assert.Empty(source.Asked("map"));
    }

    [Fact]
    public async Task be_left_alone_where_the_destination_has_them_already()
    {
        var source = Sparse((4, 40));
        var copy = new OffloadingDevice(Length, OffloadKinds.None, maps: true);
        copy.Bytes.Slice(30 * Piece, Piece).Fill(7);    // not a hole in the destination: it becomes one
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(copy)));
        Assert.Equal(40 * Piece, result.Offloaded.Holes);
        Assert.InRange(copy.Asked("punch").Sum(punch => punch.Length), Piece, 14 * Piece);
        Assert.True(source.Bytes.SequenceEqual(copy.Bytes));
        Assert.Equal(Length, result.Destinations[0].Bytes);
    }

    [Fact]
    public async Task cost_few_calls_however_large_they_are()
    {
        const int Large = 512 << 20;
        var source = new OffloadingDevice(Large, OffloadKinds.None, maps: true);
        source.Bytes[Large / 2] = 1;
        var copy = new OffloadingDevice(Large, OffloadKinds.None);
        var result = await Soon(Client(s => s with { SubJobSize = 512 << 10 }).CopyAsync(source.Whole(), Whole(copy)));
        Assert.Equal(Large - 4096, result.Offloaded.Holes);
        Assert.InRange(copy.Asked("punch").Count(), 9, 60);
        Assert.Equal(4096, source.Asked("read").Sum(read => read.Length));
        Assert.InRange(source.Asked("map").Count(), 3, 4);
    }

    [Fact]
    public async Task be_written_as_zeroes_where_the_destination_cannot_make_them()
    {
        var source = Sparse((4, 40));
        var (claims, without) = (Full(), Full());
        var refusing = claims.WithErrorAt(1, long.MaxValue, IoError.NotSupported, IoOperations.WriteZeroes);
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(refusing, without.WithVolatileCache()), CopyFlags.Flush));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal(default, result.Offloaded);
        Assert.True(source.Bytes.SequenceEqual(claims.Bytes));
        Assert.True(source.Bytes.SequenceEqual(without.Bytes));
    }

    [Fact]
    public async Task be_verified_as_everything_else()
    {
        var source = Sparse((4, 40));
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(new Dreamer(Length)), CopyFlags.Verify));
        Assert.Equal((IoError.VerifyMismatch, 4L * Piece / 512), (result.Destinations[0].Fault?.Error, result.Destinations[0].Fault?.Sector));
    }

    [Fact]
    public async Task be_taken_for_data_if_the_source_cannot_tell()
    {
        var copy = Full();
        var source = new Speechless(Length);
        Assert.True((await Soon(Client().CopyAsync(source.Whole(), Whole(copy)))).IsSuccess);
        Assert.Equal(Length, copy.Asked("write").Sum(write => write.Length));
    }

    [Theory]
    [InlineData(CopyFlags.Sequential)]
    [InlineData(CopyFlags.IgnoreError)]
    public async Task be_found_in_order_and_among_bad_sectors_too(CopyFlags flags)
    {
        var (source, copy) = (Sparse((1, 3), (9, 9), (40, 24)), Full());
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(copy), flags));
        Assert.Equal(36 * Piece, result.Offloaded.Holes);
        Assert.True(source.Bytes.SequenceEqual(copy.Bytes));
        if (flags == CopyFlags.Sequential)
            Assert.Equal(copy.Log.Select(entry => entry.Offset).Order(), copy.Log.Select(entry => entry.Offset));
    }

    [Fact]
    public async Task be_made_of_zeroes_that_were_read_if_that_is_switched_on()
    {
        var source = BlockDevice.Memory(Length);
        Bytes.Random(Length, 3).CopyTo(source.Bytes);
        source.Bytes.Slice((8 * Piece) + 100, 20 * Piece).Clear();
        source.Bytes.Slice(40 * Piece, Piece).Clear();      // too short for a hole
        var copy = Full();
        var client = Client(s => s with { SubJobSize = 16 * Piece, Offload = OffloadKinds.DetectZeroes });
        var result = await Soon(client.CopyAsync(source.Whole(), Whole(copy), CopyFlags.Verify));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal(19 * Piece, result.Offloaded.DetectedZeroes);
        Assert.Equal([(9L * Piece, 7L * Piece), (16L * Piece, 12L * Piece)], copy.Asked("punch").Order());
        Assert.Equal(Length, result.Destinations[0].Bytes);
        Assert.True(source.Bytes.SequenceEqual(copy.Bytes));
    }

    private static OffloadingDevice Sparse(params (int Piece, int Count)[] holes)
    {
        var device = Full(maps: true);
        foreach (var (piece, count) in holes)
            device.Bytes.Slice(piece * Piece, count * Piece).Clear();
        return device;
    }

    private static OffloadingDevice Full(bool maps = false)
    {
        var device = new OffloadingDevice(Length, OffloadKinds.None, maps);
        Bytes.Random(Length, maps ? 1 : 2).CopyTo(device.Bytes);
        return device;
    }

    /// <summary>Reports a single hole, but holds data.</summary>
    private sealed class Dreamer : DeviceLayer
    {
        public Dreamer(int length) : base(BlockDevice.Memory(length)) => ((MemoryBlockDevice)Inner).Bytes.Fill(1);

        public override DeviceFeatures Features => DeviceFeatures.Map | DeviceFeatures.WriteZeroes;

        public override ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Zero(length));
    }

    /// <summary>Fails every request for its holes.</summary>
    private sealed class Speechless(int length) : DeviceLayer(BlockDevice.Memory(length))
    {
        public override DeviceFeatures Features => DeviceFeatures.Map;

        public override ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Failure(IoError.Io));
    }
}
