using CsCheck;
using Kcopyd.Actors.Jobs;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class ZeroRuns_always_should
{
    [Fact]
    public void divide_a_buffer_into_zeroes_that_are_long_enough_and_the_rest() =>
        Gen.Select(Gen.Int[1, 200_000], Gen.Int[0, 200_000], Gen.Int[0, 200_000].Array[0, 8]).Sample((length, from, data) =>
        {
            var buffer = new byte[length];
            foreach (var at in data.Where(at => at < length))
                buffer[at] = 1;
            var (position, wasZero, previous) = (Math.Min(from, length - 1), false, -1);
            while (position < length)
            {
                var end = ZeroRuns.Next(buffer, position, out var isZero);
                Assert.InRange(end, position + 1, length);
                Assert.False(isZero && buffer.AsSpan(position..end).Contains((byte)1), "data would be lost");
                Assert.False(isZero && end - position < ZeroRuns.Least);
                Assert.False(previous >= 0 && wasZero == isZero, "two of a kind in a row");
                (position, wasZero, previous) = (end, isZero, position);
            }
            return true;
        }, iter: 2000, threads: 1);

    [Fact]
    public void find_zeroes_up_to_the_end_also_if_that_is_in_the_middle_of_a_block()
    {
        var buffer = new byte[40_000];
        buffer[0] = 1;
        Assert.Equal(4096, ZeroRuns.Next(buffer, 0, out var isZero));
        Assert.False(isZero);
        Assert.Equal(40_000, ZeroRuns.Next(buffer, 4096, out isZero));
        Assert.True(isZero);
    }
}
