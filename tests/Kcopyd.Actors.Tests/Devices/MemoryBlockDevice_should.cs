using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

public sealed class MemoryBlockDevice_should
{
    [Fact]
    public async Task hold_what_is_written_and_show_it()
    {
        await using var device = BlockDevice.Memory(1000);
        Assert.Equal(IoResult.Success(100), await device.WriteAsync(50, Bytes.Random(100)));

        Assert.Equal(Bytes.Random(100), await device.ReadAllAsync(50, 100));
        Assert.Equal(Bytes.Random(100), device.Bytes.Slice(50, 100).ToArray());
        Assert.Equal(IoResult.Success(100), await device.WriteZeroesAsync(50, 100));
        Assert.Equal(new byte[1000], device.Bytes.ToArray());
    }

    [Fact]
    public async Task end_like_a_disk()
    {
        await using var device = BlockDevice.Memory(1000);

        Assert.Equal(IoResult.Success(1), await device.ReadAsync(999, new byte[10]));
        Assert.Equal(IoResult.Success(0), await device.ReadAsync(1000, new byte[10]));
        Assert.Equal(IoResult.Success(0), await device.ReadAsync(1L << 40, new byte[10]));
        Assert.Equal(IoResult.Success(1), await device.WriteAsync(999, new byte[10]));
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(1L << 40, new byte[10]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await device.ReadAsync(-1, new byte[10]));
    }

    [Fact]
    public async Task refuse_misaligned_io_when_it_plays_a_direct_disk()
    {
        await using var device = BlockDevice.Memory(10_000, logicalBlockSize: 4096, alignment: 4096);
        using var memory = new AlignedMemory(8192);

        Assert.Equal(IoResult.Success(4096), await device.ReadAsync(4096, memory.Memory[..4096]));
        Assert.Equal(IoResult.Success(1808), await device.WriteAsync(8192, memory.Memory[..1808]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await device.ReadAsync(512, memory.Memory[..4096]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await device.WriteAsync(0, memory.Memory[..512]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await device.WriteAsync(0, memory.Memory.Slice(8, 4096)));
    }

    [Fact]
    public async Task refuse_writes_when_it_is_read_only()
    {
        await using var device = BlockDevice.Memory(1000, readOnly: true);
        device.Bytes.Fill(1);
        Assert.Equal(IoResult.Failure(IoError.ReadOnly), await device.WriteAsync(0, new byte[10]));
        Assert.Equal(IoResult.Failure(IoError.ReadOnly), await device.WriteZeroesAsync(0, 10));
        Assert.Equal(Bytes.Filled(1000, 1), await device.ReadAllAsync(0, 1000));
    }

    [Fact]
    public async Task answer_closed_after_dispose()
    {
        var device = BlockDevice.Memory(1000);
        await device.DisposeAsync();
        Assert.Equal(IoError.Closed, (await device.ReadAsync(0, new byte[10])).Error);
        Assert.Equal(IoError.Closed, (await device.WriteAsync(0, new byte[10])).Error);
        Assert.Equal(IoError.Closed, (await device.FlushAsync()).Error);
    }

    [Fact]
    public void refuse_numbers_that_no_disk_has()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(1L << 40));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(512, logicalBlockSize: 1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Memory(512, alignment: 3));
    }
}
