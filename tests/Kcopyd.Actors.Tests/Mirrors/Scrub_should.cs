using Kcopyd.Actors.Mirrors;
using Xunit;

namespace Kcopyd.Actors.Tests.Mirrors;

public sealed class Scrub_should : MirrorSpec
{
    [Fact]
    public async Task find_nothing_where_legs_are_equal()
    {
        await using var mirror = await New(legs: 3);
        var result = await Soon(mirror.ScrubAsync());
        Assert.Equal((Length, 0L, 0L, 0), (result.Compared, result.Repaired, result.Unrepaired, result.Differences.Count));
    }

    [Fact]
    public async Task repair_each_leg_by_majority_also_in_the_same_region()
    {
        await using var mirror = await New(legs: 3);
        var before = Memory[0].Bytes.ToArray();
        for (var leg = 0; leg < 3; leg++)
            Memory[leg].Bytes[5 * Region + leg * 1024 + 7] ^= 0x10;
        var result = await Soon(mirror.ScrubAsync());
        Assert.Equal((3 * 512L, 0L), (result.Repaired, result.Unrepaired));
        Assert.Equal([0, 1, 2], result.Differences.Select(static difference => Assert.Single(difference.Legs)));
        Assert.Equal(before, Memory[0].Bytes);
        AssertEqual();
    }

    [Fact]
    public async Task change_nothing_without_a_majority_or_a_source()
    {
        await using var mirror = await New();
        Memory[1].Bytes[5 * Region] ^= 1;
        var result = await Soon(mirror.ScrubAsync());
        Assert.Equal((0L, 512L), (result.Repaired, result.Unrepaired));
        Assert.False(Memory[0].Bytes.SequenceEqual(Memory[1].Bytes));
        var expected = Memory[1].Bytes.ToArray();
        result = await Soon(mirror.ScrubAsync(new MirrorScrubOptions { Source = 1 }));
        Assert.Equal(512, result.Repaired);
        Assert.Equal(expected, Memory[0].Bytes);
    }

    [Fact]
    public async Task only_report_if_asked_to()
    {
        await using var mirror = await New(legs: 3);
        Memory[2].Bytes[5 * Region] ^= 1;
        var result = await Soon(mirror.ScrubAsync(new MirrorScrubOptions { ReportOnly = true }));
        Assert.Equal((0L, 512L), (result.Repaired, result.Unrepaired));
        Assert.Equal(new MirrorDifference(5 * Region, 512, [2]).Legs, Assert.Single(result.Differences).Legs);
        Assert.False(Memory[0].Bytes.SequenceEqual(Memory[2].Bytes));
    }
}
