using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class ErrorByRateDevice_should
{
    [Fact]
    public async Task repeat_the_same_fates_for_the_same_seed()
    {
        var once = await FatesAsync(0.3, seed: 7);

        Assert.Equal(once, await FatesAsync(0.3, seed: 7));
        Assert.NotEqual(once, await FatesAsync(0.3, seed: 8));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.1, 800, 1200)]
    [InlineData(0.5, 4800, 5200)]
    [InlineData(1, 10_000, 10_000)]
    public async Task fail_about_as_often_as_it_is_told_to(double probability, int min, int max) =>
        Assert.InRange((await FatesAsync(probability, seed: 1)).Count(failed => failed), min, max);

    [Fact]
    public void refuse_a_rate_that_is_no_probability()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(512).WithErrorRate(1.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(512).WithErrorRate(double.NaN));
    }

    private static async Task<bool[]> FatesAsync(double probability, int seed)
    {
        await using var device = BlockDevice.Memory(512).WithErrorRate(probability, seed);
        var fates = new bool[10_000];
        for (var i = 0; i < fates.Length; i++)
            fates[i] = !(await device.ReadAsync(0, new byte[1])).IsSuccess;
        Assert.Equal(fates.Count(failed => failed), device.Injected);
        return fates;
    }
}
