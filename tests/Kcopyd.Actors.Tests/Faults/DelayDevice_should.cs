using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class DelayDevice_should
{
    [Fact]
    public async Task start_an_operation_only_when_its_time_has_come()
    {
        var time = new ManualTime();
        var memory = BlockDevice.Memory(512);
        await using var device = memory.WithDelay(TimeSpan.FromSeconds(2), IoOperations.Write, time);

        var write = device.WriteAsync(0, Bytes.Filled(512, 1)).AsTask();
        Assert.True(device.ReadAsync(0, new byte[512]).AsTask().IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(write.IsCompleted);
        Assert.Equal(0, memory.Bytes[0]);

        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(IoResult.Success(512), await write);
        Assert.Equal(1, memory.Bytes[0]);
        Assert.Equal(1, device.Injected);
    }

    [Fact]
    public async Task delay_operations_side_by_side()
    {
        var time = new ManualTime();
        await using var device = BlockDevice.Memory(512).WithDelay(TimeSpan.FromSeconds(2), time: time);

        Task<IoResult>[] all = [device.ReadAsync(0, new byte[1]).AsTask(), device.WriteZeroesAsync(0, 1).AsTask(), device.FlushAsync().AsTask()];
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.All(await Task.WhenAll(all), result => Assert.True(result.IsSuccess));
    }
}
