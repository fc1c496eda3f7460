using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class VolatileCacheDevice_should
{
    [Fact]
    public async Task read_back_what_is_held_and_lose_it_in_a_crash()
    {
        var medium = BlockDevice.Memory(1000);
        medium.Bytes.Fill(9);
        await using var device = medium.WithVolatileCache();
        await device.WriteAsync(100, Bytes.Filled(200, 1));
        await device.WriteAsync(200, Bytes.Filled(200, 2));

        Assert.Equal((byte[])[.. Bytes.Filled(50, 9), .. Bytes.Filled(100, 1), .. Bytes.Filled(200, 2), .. Bytes.Filled(600, 9)],
            await device.ReadAllAsync(50, 2000));
        Assert.Equal(2, device.HeldWrites);
        Assert.Equal(2, await device.CrashAsync());
        Assert.Equal(Bytes.Filled(1000, 9), await device.ReadAllAsync(0, 1000));
    }

    [Fact]
    public async Task keep_what_was_flushed()
    {
        var medium = BlockDevice.Memory(1000);
        await using var device = medium.WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(100, 1));
        await device.WriteAsync(50, Bytes.Filled(100, 2));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        await device.WriteAsync(0, Bytes.Filled(10, 3));

        Assert.Equal(1, await device.CrashAsync());
        Assert.Equal((byte[])[.. Bytes.Filled(50, 1), .. Bytes.Filled(100, 2), .. new byte[850]], medium.Bytes.ToArray());
    }

    [Fact]
    public async Task lose_some_writes_by_seed_as_a_disk_does()
    {
        var medium = BlockDevice.Memory(100);
        await using var device = medium.WithVolatileCache();
        for (var i = 0; i < 100; i++)
            await device.WriteAsync(i, Bytes.Filled(1, 1));

        var lost = await device.CrashAsync(seed: 5);
        Assert.InRange(lost, 25, 75);
        Assert.Equal(100 - lost, medium.Bytes.Count((byte)1));
    }

    [Fact]
    public async Task write_nothing_after_it_was_disposed()
    {
        var medium = BlockDevice.Memory(1000);
        var device = medium.WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(100, 1));
        await device.DisposeAsync();
        await device.DisposeAsync();

        var closed = IoResult.Failure(IoError.Closed);
        Assert.Equal(closed, await device.WriteAsync(0, Bytes.Filled(100, 1)));
        Assert.Equal(closed, await device.FlushAsync());
        Assert.Equal(closed, await device.ReadAsync(0, new byte[100]));
        Assert.Equal(0, device.HeldWrites);
        Assert.Equal(0, medium.Bytes.Count((byte)1));
    }

    [Fact]
    public async Task give_its_medium_memory_that_is_aligned_as_it_wants()
    {
        var medium = BlockDevice.Memory(4096, logicalBlockSize: 512, alignment: 512);
        await using var device = medium.WithVolatileCache(leaveOpen: true);
        Assert.Equal(1, await device.WriteAllAsync(1024, Bytes.Filled(1024, 1)));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        Assert.Equal(1024, medium.Bytes.Count((byte)1));
    }
}
