using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class ErrorByRangeDevice_should
{
    private static readonly byte[] Buffer = new byte[4096];

    [Fact]
    public async Task fail_what_touches_a_bad_sector_whole_and_nothing_else()
    {
        var memory = BlockDevice.Memory(8192);
        await using var device = memory.WithErrors(ByteRange.Sectors(2), ByteRange.Sectors(10, 2));
        var bad = IoResult.Failure(IoError.Io);

        Assert.Equal(IoResult.Success(1024), await device.ReadAsync(0, Buffer.AsMemory(0, 1024)));
        Assert.Equal(bad, await device.ReadAsync(0, Buffer.AsMemory(0, 1025)));
        Assert.Equal(bad, await device.ReadAsync(1535, Buffer.AsMemory(0, 1)));
        Assert.Equal(IoResult.Success(1), await device.ReadAsync(1536, Buffer.AsMemory(0, 1)));
        Assert.Equal(bad, await device.WriteAsync(4096, Bytes.Filled(4096, 1)));
        Assert.Equal(bad, await device.WriteZeroesAsync(5120, 1));
        Assert.Equal(bad, await device.DiscardAsync(0, 8192));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        Assert.Equal(5, device.Injected);
        Assert.Equal(new byte[8192], memory.Bytes.ToArray());
    }

    [Fact]
    public async Task fail_only_the_operations_that_it_is_told_to()
    {
        await using var device = BlockDevice.Memory(8192).WithErrors([ByteRange.Sectors(0)], IoError.NoSpace, IoOperations.Write);

        Assert.True((await device.ReadAsync(0, Buffer)).IsSuccess);
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(0, Buffer));
        Assert.True((await device.WriteZeroesAsync(0, 512)).IsSuccess);
    }

    [Fact]
    public async Task transfer_the_good_bytes_first_when_it_is_partial()
    {
        await using var device = BlockDevice.Memory(8192).WithErrors([ByteRange.Sectors(6), ByteRange.Sectors(2)], partial: true);

        Assert.Equal(IoResult.Success(1024), await device.ReadAsync(0, Buffer));
        Assert.Equal(IoResult.Failure(IoError.Io), await device.ReadAsync(1024, Buffer));
        Assert.Equal(IoResult.Success(1536), await device.WriteAsync(1536, Buffer));
        Assert.Equal(1, device.Injected);
    }

    [Fact]
    public async Task reach_as_far_as_numbers_go()
    {
        await using var device = BlockDevice.Memory(8192).WithErrors(new ByteRange(512, long.MaxValue));
        Assert.True((await device.ReadAsync(0, Buffer.AsMemory(0, 512))).IsSuccess);
        Assert.Equal(IoError.Io, (await device.ReadAsync(4096, Buffer)).Error);
    }
}
