using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class CrashDevice_should
{
    [Fact]
    public async Task throw_from_the_nth_operation_on_until_it_is_repaired()
    {
        await using var device = BlockDevice.Memory(512, name: "disk").WithCrash(first: 2);

        Assert.True((await device.ReadAsync(0, new byte[1])).IsSuccess);
        var crash = await Assert.ThrowsAsync<IOException>(async () => await device.WriteAsync(0, new byte[1]));
        Assert.Contains("disk", crash.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(async () => await device.FlushAsync());
        Assert.Equal(2, device.Injected);

        device.Repair();
        Assert.True((await device.WriteAsync(0, new byte[1])).IsSuccess);
    }

    [Fact]
    public async Task throw_the_exception_that_it_is_given()
    {
        await using var device = BlockDevice.Memory(512).WithCrash(operations: IoOperations.Read, exception: () => new InvalidOperationException("bug"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await device.ReadAsync(0, new byte[1]));
        Assert.True((await device.WriteAsync(0, new byte[1])).IsSuccess);
    }
}
