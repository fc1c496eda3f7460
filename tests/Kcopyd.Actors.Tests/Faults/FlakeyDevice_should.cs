using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class FlakeyDevice_should
{
    [Fact]
    public async Task be_up_and_down_by_turns()
    {
        var time = new ManualTime();
        await using var device = BlockDevice.Memory(512).WithFlakiness(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), IoError.NoDevice, time: time);
        var seen = "";
        for (var second = 0; second < 9; second++, time.Advance(TimeSpan.FromSeconds(1)))
            seen += (await device.ReadAsync(0, new byte[1])).Error switch { IoError.None => '.', IoError.NoDevice => 'x', _ => '?' };

        Assert.Equal("...x...x.", seen);
        Assert.Equal(2, device.Injected);
    }

    [Fact]
    public void refuse_times_that_make_no_turns()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(512).WithFlakiness(TimeSpan.Zero, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(512).WithFlakiness(TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(2)));
    }
}
