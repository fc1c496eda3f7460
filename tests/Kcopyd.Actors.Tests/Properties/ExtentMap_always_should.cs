using CsCheck;
using Kcopyd.Actors.Jobs;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class ExtentMap_always_should
{
    private const int Unit = 4096;

    /// <summary>Random runs of data and holes; batches are taken until the region is known, and each block is checked.</summary>
    [Fact]
    public void call_nothing_a_hole_that_is_not_and_find_every_whole_block_that_is() =>
        Gen.Select(Gen.Int[1, 300_000], Gen.Int[1, 20_000].Array[1, 400], Gen.Bool).Sample((length, runs, first) =>
        {
            var zero = new bool[length];
            for (var (at, i, isZero) = (0, 0, first); at < length; i++, isZero = !isZero)
            {
                var end = Math.Min(length, at + runs[i % runs.Length]);
                zero.AsSpan(at..end).Fill(isZero);
                at = end;
            }
            var map = new ExtentMap();
            for (var at = 0L; at < length;)
            {
                map.Begin(at, length, Unit);
                int next;
                do
                {
                    next = (int)map.Position;
                    while (next < length && zero[next] == zero[(int)map.Position])
                        next++;
                }
                while (map.Add(next - map.Position, zero[(int)map.Position]));
                Assert.True(map.End > at, "no progress");
                while (at < map.End)
                {
                    var (end, isZero) = map.At(at);
                    Assert.True(end % Unit == 0 || end == length);
                    for (var block = at; block < end; block += Unit)
                    {
                        var really = !zero.AsSpan((int)block..(int)Math.Min(length, block + Unit)).Contains(false);
                        if (really != isZero)
                            return false;
                    }
                    at = end;
                }
            }
            return true;
        }, iter: 500, threads: 1);

    [Fact]
    public void take_what_no_device_may_say_for_data()
    {
        var map = new ExtentMap();
        map.Begin(0, 100_000, Unit);
        Assert.False(map.Add(200_000, isZero: true));
        Assert.Equal((100_000L, false), map.At(0));
        map.Begin(0, 100_000, Unit);
        Assert.False(map.Add(-1, isZero: true));
        Assert.Equal((100_000L, false), map.At(0));
    }
}
