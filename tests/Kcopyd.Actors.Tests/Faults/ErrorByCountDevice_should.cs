using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class ErrorByCountDevice_should
{
    [Theory]
    [InlineData(1, 1, "x....")]
    [InlineData(3, 2, "..xx.")]
    [InlineData(2, long.MaxValue, ".xxxx")]
    [InlineData(9, 1, ".....")]
    public async Task fail_the_operations_with_those_numbers(long first, long count, string expected)
    {
        await using var device = BlockDevice.Memory(512).WithErrorAt(first, count, IoError.NoSpace);
        var seen = "";
        for (var i = 0; i < 5; i++)
            seen += (await device.WriteAsync(0, new byte[1])).Error switch { IoError.None => '.', IoError.NoSpace => 'x', _ => '?' };

        Assert.Equal(expected, seen);
        Assert.Equal(expected.Count(c => c == 'x'), device.Injected);
    }

    [Fact]
    public async Task count_only_the_operations_that_it_is_told_to()
    {
        await using var device = BlockDevice.Memory(512).WithErrorAt(2, operations: IoOperations.Read);

        Assert.True((await device.ReadAsync(0, new byte[1])).IsSuccess);
        Assert.True((await device.WriteAsync(0, new byte[1])).IsSuccess);
        Assert.False((await device.ReadAsync(0, new byte[1])).IsSuccess);
    }

    [Fact]
    public async Task fail_every_flush_and_nothing_else()
    {
        await using var device = BlockDevice.Memory(512).WithFlushError(IoError.QuotaExceeded);

        Assert.True((await device.WriteAsync(0, new byte[1])).IsSuccess);
        Assert.Equal(IoResult.Failure(IoError.QuotaExceeded), await device.FlushAsync());
        Assert.Equal(IoResult.Failure(IoError.QuotaExceeded), await device.FlushAsync());
    }
}
