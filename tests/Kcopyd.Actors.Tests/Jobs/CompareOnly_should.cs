using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class CompareOnly_should : EngineSpec
{
    [Fact]
    public async Task write_nothing_and_find_equal_what_is_equal()
    {
        var (one, two) = (Random(64 * Piece), new CountingDevice(BlockDevice.Range(Random(64 * Piece), 0, 64 * Piece)));
        var result = await Soon(Client().CopyAsync(one.Whole(), [two.Whole()], CopyFlags.CompareOnly));
        Assert.True(result.IsSuccess);
        Assert.Equal((0, 0), (two.Writes, two.Flushes));
        Assert.Empty(result.Destinations[0].Differences);
    }

    [Fact]
    public async Task list_every_sector_that_differs_of_each_destination()
    {
        var (one, two, three) = (Random(64 * Piece), Random(64 * Piece), Random(64 * Piece));
        two.Bytes[100] ^= 1;
        two.Bytes[Piece - 1] ^= 1;
        two.Bytes[Piece] ^= 1;
        two.Bytes[64 * Piece - 1] ^= 1;
        var result = await Soon(Client().CopyAsync(one.Whole(), [two.Whole(), three.Whole()], CopyFlags.CompareOnly | CopyFlags.IgnoreError));
        Assert.Equal((false, 0b01UL), (result.ReadError, result.WriteErrors));
        Assert.Equal(
            [new DifferentRange(0, 512), new DifferentRange(Piece - 512, 1024), new DifferentRange(64 * Piece - 512, 512)],
            result.Destinations[0].Differences);
        Assert.Equal((IoError.VerifyMismatch, 0), (result.Destinations[0].Fault!.Error, result.Destinations[0].Fault!.Sector));
        Assert.Empty(result.Destinations[1].Differences);
        Assert.Equal(64 * Piece, result.Destinations[0].Bytes);
    }

    [Fact]
    public async Task stop_at_the_first_difference_if_errors_are_not_ignored()
    {
        var (one, two) = (new CountingDevice(Random(100 * Piece)), Random(100 * Piece));
        two.Bytes[Piece] ^= 1;
        var result = await Soon(Client(settings => settings with { SubJobsPerJob = 1 }).CopyAsync(one.Whole(), [two.Whole()], CopyFlags.CompareOnly));
        Assert.Equal(8, result.Destinations[0].Fault!.Sector);
        Assert.Equal(2, one.Reads);
    }

    [Fact]
    public async Task compare_regions_at_different_places_and_name_those_of_the_source_to_an_odd_end()
    {
        var one = Random(10 * 512 + 100);
        var two = BlockDevice.Memory(20 * 512 + 100);
        one.Bytes.CopyTo(two.Bytes[(10 * 512)..]);
        two.Bytes[^1] ^= 1;
        var result = await Soon(Client().CopyAsync(one.Region(1, 10), [two.Region(11, 10)], CopyFlags.CompareOnly | CopyFlags.IgnoreError));
        Assert.Equal([new DifferentRange(10 * 512, 100)], result.Destinations[0].Differences);
    }

    [Fact]
    public async Task end_where_the_shortest_ends_within_the_last_sector()
    {
        var (one, two) = (Random(1000), Random(700));
        one.Bytes[..700].CopyTo(two.Bytes);
        var result = await Soon(Client().CopyAsync(one.Region(0, 2), [two.Region(0, 2)], CopyFlags.CompareOnly));
        Assert.Equal((true, 700), (result.IsSuccess, result.Length));
        result = await Soon(Client().CopyAsync(two.Region(0, 2), [one.Region(0, 2)], CopyFlags.CompareOnly));
        Assert.Equal((true, 700), (result.IsSuccess, result.Length));
    }

    [Fact]
    public async Task take_devices_that_are_read_only_and_one_twice()
    {
        var image = Random(8 * Piece);
        var readOnly = BlockDevice.Memory(8 * Piece, readOnly: true);
        const CopyFlags Flags = CopyFlags.CompareOnly | CopyFlags.IgnoreError | CopyFlags.VerifyHash;
        var result = await Soon(Client().CopyAsync(image.Whole(), [image.Whole(), readOnly.Whole(), image.Whole()], Flags));
        Assert.Equal(0b010UL, result.WriteErrors);
        Assert.Equal(result.SourceSha256, result.Destinations[0].Sha256);
        Assert.NotEqual(result.SourceSha256, result.Destinations[1].Sha256);
        Assert.NotNull(result.SourceSha256);
    }

    [Fact]
    public async Task say_what_cannot_be_read()
    {
        var (one, two) = (Random(8 * Piece), Random(8 * Piece));
        var bad = two.WithErrors(ByteRange.Sectors(20));
        var result = await Soon(Client().CopyAsync(one.Whole(), [bad.Whole()], CopyFlags.CompareOnly | CopyFlags.IgnoreError));
        Assert.Equal((IoError.Io, 20), (result.Destinations[0].Fault!.Error, result.Destinations[0].Fault!.Sector));
        result = await Soon(Client().CopyAsync(one.WithErrors(ByteRange.Sectors(20)).Whole(), [two.Whole()], CopyFlags.CompareOnly));
        Assert.Equal((true, 20), (result.ReadError, result.ReadFault!.Sector));
    }

    [Theory]
    [InlineData(CopyFlags.Flush)]
    [InlineData(CopyFlags.OnlyDifferent)]
    public void be_refused_with_flags_that_write(CopyFlags flags) =>
        Assert.Throws<ArgumentException>(nameof(flags), () =>
        {
            _ = Client().CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece)), CopyFlags.CompareOnly | flags);
        });
}
