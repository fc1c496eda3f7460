using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class DeviceLayer_should
{
    private sealed class Plain(IBlockDevice inner, bool leaveOpen = false) : DeviceLayer(inner, leaveOpen);

    [Fact]
    public async Task hand_everything_on()
    {
        var memory = BlockDevice.Memory(10_000, logicalBlockSize: 4096, alignment: 2, readOnly: false, name: "disk");
        IBlockDevice device = new Plain(memory);

        Assert.Equal("disk", device.Name);
        Assert.Equal(10_000, device.Length);
        Assert.Equal(4096, device.LogicalBlockSize);
        Assert.Equal(2, device.Alignment);
        Assert.False(device.IsReadOnly);
        Assert.Equal(memory.Features, device.Features);
        Assert.Equal(new StorageLocation(memory, 77), device.Locate(77));
        Assert.Equal(IoResult.Success(4096), await device.WriteAsync(0, Bytes.Filled(4096, 1)));
        Assert.Equal(Bytes.Filled(4096, 1), await device.ReadAllAsync(0, 4096));
        Assert.Equal(IoResult.Success(4096), await device.WriteZeroesAsync(0, 4096));
        Assert.Equal(IoResult.Success(4096), await device.DiscardAsync(0, 4096));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        Assert.Equal(IoResult.Success(0), await device.EvictAsync(0, 4096));
    }

    [Fact]
    public async Task dispose_the_stack_beneath_unless_it_is_to_stay_open()
    {
        var memory = BlockDevice.Memory(512);
        await new Plain(memory, leaveOpen: true).DisposeAsync();
        Assert.True((await memory.FlushAsync()).IsSuccess);
        await memory.WithErrorRate(0.1).WithDelay(TimeSpan.Zero).WithStall().DisposeAsync();
        Assert.Equal(IoError.Closed, (await memory.FlushAsync()).Error);
    }

    [Fact]
    public async Task stack_so_that_the_last_meets_an_operation_first()
    {
        await using var device = BlockDevice.Memory(4096).WithErrors(ByteRange.Sectors(1)).WithShortTransfers(maxBytes: 512);

        Assert.Equal(IoResult.Success(512), await device.ReadAsync(0, new byte[4096]));
        Assert.Equal(IoResult.Failure(IoError.Io), await device.ReadAsync(512, new byte[4096]));
    }
}
