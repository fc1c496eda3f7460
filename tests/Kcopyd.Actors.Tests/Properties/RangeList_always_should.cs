using CsCheck;
using Kcopyd.Actors.Jobs;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class RangeList_always_should
{
    [Fact]
    public void stay_empty_when_nothing_is_added()
    {
        var list = new RangeList();
        list.Add(4096, 0);
        Assert.True(list.IsEmpty);
        Assert.Empty(list.ToArray());
    }

    [Fact]
    public void hold_what_was_added_in_order_and_merged() =>
        Gen.Select(Gen.Int[1, 4].Array[0, 40], Gen.Int[0, 1].Array[40], Gen.Int[0, 10_000]).Sample((lengths, gaps, seed) =>
        {
            // Ranges of 1 to 4 blocks, each after the previous one, adjacent to it or not; added in any order.
            var (at, ranges) = (0L, new List<(long Offset, long Length)>());
            for (var i = 0; i < lengths.Length; i++)
            {
                at += gaps[i];
                ranges.Add((at, lengths[i]));
                at += lengths[i];
            }
            var list = new RangeList();
            var shuffled = ranges.ToArray();
            new Random(seed).Shuffle(shuffled);
            foreach (var (offset, length) in shuffled)
                list.Add(offset, length);

            var merged = new List<UnreadableRange>();
            foreach (var (offset, length) in ranges)
            {
                if (merged.Count > 0 && merged[^1] is var last && last.Offset + last.Length == offset)
                    merged[^1] = new UnreadableRange(last.Offset, last.Length + length);
                else
                    merged.Add(new UnreadableRange(offset, length));
            }
            Assert.Equal(merged, list.ToArray());
            for (var offset = 0; offset <= at; offset++)
                Assert.Equal(merged.Count(range => range.Offset < offset), list.FirstFrom(offset));
        });
}
