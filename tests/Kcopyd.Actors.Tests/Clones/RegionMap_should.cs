using Kcopyd.Actors.Clones;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

public sealed class RegionMap_should
{
    private static readonly CloneGeometry Geometry = new(8, 8 * 40000);

    [Fact]
    public void find_the_next_region_that_is_not_hydrated_as_a_plain_list_does()
    {
        var (map, plain, random) = (Map(), new bool[40000], new Random(3));
        for (var i = 0; i < 300; i++)
        {
            var first = random.Next(40000);
            var end = Math.Min(first + random.Next(1, 400), 40000);
            map.Mark(first, end);
            plain.AsSpan(first, end - first).Fill(true);
            var from = random.Next(40000);
            var next = Array.IndexOf(plain, false, from);
            Assert.Equal(next < 0 ? 40000 : next, map.NextUnhydrated(from));
            Assert.Equal(plain.Count(static hydrated => hydrated), map.Hydrated);
            Assert.Equal(!plain.AsSpan(from, Math.Min(70, 40000 - from)).Contains(false), map.AreHydrated(from, Math.Min(from + 70, 40000)));
        }
    }

    [Fact]
    public void know_the_array_blocks_that_changed()
    {
        var map = Map();
        Assert.Equal(-1, map.NextChanged(0));
        map.Mark(39999, 40000);
        Assert.Equal((1, 1, -1), (map.ChangedArrays, map.NextChanged(0), map.NextChanged(2)));
        Assert.Equal(116, map.TakeChanged(1).Length);
        Assert.Equal((0, -1), (map.ChangedArrays, map.NextChanged(0)));
        map.Mark(39999, 40000);
        Assert.Equal(0, map.ChangedArrays);     // nothing new
        map.Mark(32575, 32577);
        Assert.Equal(2, map.ChangedArrays);     // the last region of one and the first of the next
    }

    [Fact]
    public void be_complete_when_every_region_is_marked_and_revert_to_what_is_committed()
    {
        var map = Map();
        map.Mark(0, 40000);
        Assert.True(map.IsComplete);
        Assert.Equal(40000, map.NextUnhydrated(0));

        map.Revert();

        Assert.Equal((0, 0, 0), (map.Hydrated, map.ChangedArrays, map.NextUnhydrated(0)));
    }

    private static RegionMap Map() => new(Geometry, new ulong[Geometry.Words]);
}
