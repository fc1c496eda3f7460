using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

public sealed class Whole_transfers_should
{
    private const int Length = 100_000;

    [Fact]
    public async Task be_made_of_as_many_as_it_takes()
    {
        var medium = BlockDevice.Memory(Length);
        await using var device = medium.WithShortTransfers(maxBytes: 1000);
        var bytes = Bytes.Random(Length - 7);
        await device.WriteExactlyAsync(7, bytes);
        await device.WriteZeroesExactlyAsync(50, 5000);
        bytes.AsSpan(43, 5000).Clear();
        var back = new byte[bytes.Length];
        await device.ReadExactlyAsync(7, back);
        await device.FlushOrThrowAsync();
        Assert.Equal(bytes, back);
    }

    [Fact]
    public async Task say_up_to_where_they_came_and_why_not_further()
    {
        await using var device = BlockDevice.Memory(Length, name: "disk").WithErrors(ByteRange.Sectors(10));
        var failed = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.ReadExactlyAsync(0, new byte[Length]));
        Assert.Equal((IoError.Io, "disk: read failed at byte 0: Input/output error"), (failed.Error, failed.Message.Split(" (")[0]));
        failed = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.WriteExactlyAsync(Length - 10, new byte[20]));
        Assert.Equal((IoError.NoSpace, Length, (IBlockDevice)device), (failed.Error, failed.Offset, failed.Device));
        failed = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.ReadExactlyAsync(Length - 10, new byte[20]));
        Assert.Equal((IoError.EndOfDevice, Length), (failed.Error, failed.Offset));
        failed = await Assert.ThrowsAsync<BlockDeviceException>(async () => await BlockDevice.Memory(Length).WithFlushError(IoError.Io).FlushOrThrowAsync());
        Assert.Equal((IoError.Io, -1), (failed.Error, failed.Offset));
    }

    [Fact]
    public async Task write_zeroes_where_the_device_has_no_other_way()
    {
        var medium = new MemoryBlockDevice(Length);
        await medium.WriteExactlyAsync(0, Bytes.Filled(Length, 1));
        await using var device = new Plain(medium);
        await device.WriteZeroesExactlyAsync(100, Length - 200);
        Assert.Equal(Length - 200, (await medium.ReadAllAsync(0, Length)).Count(static value => value == 0));
    }

    private sealed class Plain(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => DeviceFeatures.None;

        public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
            throw new InvalidOperationException("The device does not have this feature.");
    }
}
