using CsCheck;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class OnlyDifferent_should : EngineSpec
{
    [Fact]
    public async Task write_nothing_where_everything_is_equal()
    {
        var (source, mirror) = (Random(64 * Piece), new CountingDevice(Random(64 * Piece)));
        var result = await Soon(Client().CopyAsync(source.Whole(), [mirror.Whole()], CopyFlags.OnlyDifferent));
        Assert.True(result.IsSuccess);
        Assert.Equal((0, 64 * Piece, 64 * Piece), (mirror.Writes, result.Destinations[0].Bytes, result.Destinations[0].Unchanged));
    }

    [Fact]
    public async Task write_the_blocks_that_differ_on_each_destination()
    {
        var source = Random(64 * Piece);
        var (same, other) = (Random(64 * Piece), Random(64 * Piece));
        same.Bytes[5 * Piece + 7] ^= 1;
        other.Bytes.Slice(20 * Piece + 100, 3 * Piece).Clear();
        var (first, second) = (new CountingDevice(same), new CountingDevice(other));
        var client = Client(settings => settings with { SubJobSize = 64 << 10 });
        var result = await Soon(client.CopyAsync(source.Whole(), [first.Whole(), second.Whole()], CopyFlags.OnlyDifferent | CopyFlags.Flush));
        Assert.True(result.IsSuccess);
        Assert.Equal((1, 63 * Piece), (first.Writes, result.Destinations[0].Unchanged));
        Assert.Equal(60 * Piece, result.Destinations[1].Unchanged);
        Assert.True(source.Bytes.SequenceEqual(same.Bytes));
        Assert.True(source.Bytes.SequenceEqual(other.Bytes));
    }

    [Fact]
    public void leave_the_destination_as_the_source_is_whatever_was_there()
    {
        var client = Client(settings => settings with { SubJobSize = 16 << 10, Offload = OffloadKinds.All });
        Gen.Select(Gen.Int[0, 200_000], Gen.Int[0, 8], Gen.Int[0, 100], Gen.Int[0, 1000]).Sample((length, sector, changes, seed) =>
        {
            var random = new Random(seed);
            var source = Random(Math.Max(1, length), seed);
            if (seed % 3 == 0 && length > 50_000)
                source.Bytes.Slice(10_000, 40_000).Clear();
            var mirror = BlockDevice.Memory(sector * 512 + source.Length, logicalBlockSize: 512 << (seed % 4));
            source.Bytes.CopyTo(mirror.Bytes[(sector * 512)..]);
            for (var i = 0; i < changes; i++)
                mirror.Bytes[random.Next((int)mirror.Length)] ^= 0x40;
            var before = mirror.Bytes[..(sector * 512)].ToArray();
            var result = client.CopyAsync(source.Whole(), [mirror.Region(sector, source.Whole().Count)], CopyFlags.OnlyDifferent).GetAwaiter().GetResult();
            return result.IsSuccess && mirror.Bytes[(sector * 512)..].SequenceEqual(source.Bytes) && mirror.Bytes[..(sector * 512)].SequenceEqual(before)
                && result.Destinations[0].Bytes == source.Length;
        }, iter: 300, threads: 1);
    }

    [Fact]
    public async Task write_what_cannot_be_read()
    {
        var (source, mirror) = (Random(8 * Piece), Random(8 * Piece));
        var broken = new CountingDevice(mirror.WithErrors([ByteRange.Sectors(9)], operations: IoOperations.Read));
        var result = await Soon(Client().CopyAsync(source.Whole(), [broken.Whole()], CopyFlags.OnlyDifferent));
        Assert.True(result.IsSuccess);
        Assert.InRange(broken.Writes, 1, 2);
        Assert.True(source.Bytes.SequenceEqual(mirror.Bytes));
    }

    [Fact]
    public async Task zero_only_what_is_not_zero()
    {
        var mirror = BlockDevice.Memory(64 * Piece);
        mirror.Bytes[9 * Piece] = 1;
        var result = await Soon(Client(settings => settings with { Offload = OffloadKinds.None }).ZeroAsync([mirror.Whole()], CopyFlags.OnlyDifferent));
        Assert.True(result.IsSuccess);
        Assert.Equal(63 * Piece, result.Destinations[0].Unchanged);
        Assert.False(mirror.Bytes.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void be_refused_for_what_cannot_be_read_back()
    {
        var refused = Assert.Throws<ArgumentException>(() =>
        {
            _ = Client().CopyAsync(Random(Piece).Whole(), [BlockDevice.Null().Region(0, 8)], CopyFlags.OnlyDifferent);
        });
        Assert.Contains("cannot be read back", refused.Message, StringComparison.Ordinal);
    }
}
