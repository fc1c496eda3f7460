using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

public sealed class NullBlockDevice_should
{
    [Fact]
    public async Task read_as_zeroes_whatever_was_written()
    {
        await using var device = BlockDevice.Null(1000);
        Assert.Equal(IoResult.Success(100), await device.WriteAsync(900, Bytes.Filled(200, 1)));
        var buffer = Bytes.Filled(200, 1);
        Assert.Equal(IoResult.Success(100), await device.ReadAsync(900, buffer));
        Assert.Equal((byte[])[.. new byte[100], .. Bytes.Filled(100, 1)], buffer);
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(1000, buffer));
        Assert.Null(device.Locate(0).Storage);
    }

    [Fact]
    public async Task be_a_sink_only_without_a_size()
    {
        await using var sized = BlockDevice.Null(1000);
        await using var sink = BlockDevice.Null();
        Assert.False(sized.Features.HasFlag(DeviceFeatures.Sink));
        Assert.True(sink.Features.HasFlag(DeviceFeatures.Sink));
        Assert.Equal(IoResult.Success(1), await sink.WriteAsync(long.MaxValue - 1, new byte[1]));
    }
}
