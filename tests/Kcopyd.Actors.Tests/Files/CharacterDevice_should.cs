using Xunit;

namespace Kcopyd.Actors.Tests.Files;

public sealed class CharacterDevice_should
{
    [Theory]
    [InlineData(IoMode.Buffered)]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Auto)]
    public async Task be_a_sink_without_a_size(IoMode mode)
    {
        await using var device = BlockDevice.Open("/dev/null", new() { Io = mode, Length = 1 << 30, Create = true });

        Assert.Equal(long.MaxValue, device.Length);
        Assert.Equal(DeviceFeatures.Sink, device.Features);
        Assert.Null(device.Locate(0).Storage);
        Assert.Equal(IoResult.Success(4096), await device.WriteAsync(1L << 40, new byte[4096]));
        Assert.Equal(IoResult.Success(0), await device.ReadAsync(0, new byte[4096]));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        Assert.Equal(IoResult.Success(0), await device.EvictAsync(0, 4096));
        Assert.Equal(IoResult.Failure(IoError.NotSupported), await device.WriteZeroesAsync(0, 4096));
    }

    [Fact]
    public async Task report_no_space_when_it_is_full()
    {
        await using var device = BlockDevice.Open("/dev/full");
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(0, new byte[4096]));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
    }

    [Fact]
    public void be_refused_where_it_has_no_offsets()
    {
        var refused = Assert.Throws<DeviceOpenException>(() => BlockDevice.Open("/dev/ptmx"));
        Assert.Contains("without offsets", refused.Message, StringComparison.Ordinal);
    }
}
