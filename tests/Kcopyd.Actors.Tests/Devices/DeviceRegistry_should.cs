using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

public sealed class DeviceRegistry_should
{
    [Fact]
    public void give_a_device_as_what_it_is_and_say_what_is_there_otherwise()
    {
        var registry = new DeviceRegistry();
        var none = Assert.Throws<KeyNotFoundException>(() => registry.Get<IBlockDevice>("disk"));
        Assert.Contains("No device 'disk' is registered; there are none.", none.Message, StringComparison.Ordinal);

        var disk = BlockDevice.Memory(4096);
        registry.Register("b", disk);
        registry.Register("a", BlockDevice.Memory(4096));
        Assert.Same(disk, registry.Get<MemoryBlockDevice>("b"));
        Assert.Same(disk, registry.Get<IBlockDevice>("b"));
        var unknown = Assert.Throws<KeyNotFoundException>(() => registry.Get<IBlockDevice>("c"));
        Assert.Contains("registered are 'a', 'b'", unknown.Message, StringComparison.Ordinal);
        Assert.Equal("Device 'b' is a MemoryBlockDevice, not a NullBlockDevice.",
            Assert.Throws<InvalidCastException>(() => registry.Get<NullBlockDevice>("b")).Message);
    }

    [Fact]
    public void refuse_a_name_that_is_taken_until_it_is_forgotten()
    {
        var registry = new DeviceRegistry();
        registry.Register("disk", BlockDevice.Memory(4096));
        Assert.Contains("'disk' is registered already",
            Assert.Throws<ArgumentException>(() => registry.Register("disk", BlockDevice.Memory(4096))).Message, StringComparison.Ordinal);
        Assert.True(registry.Unregister("disk"));
        Assert.False(registry.Unregister("disk"));
        registry.Register("disk", BlockDevice.Memory(4096));
        Assert.Equal(["disk"], registry.Names);
    }
}
