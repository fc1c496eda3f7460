using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

public sealed class RangeBlockDevice_should
{
    [Fact]
    public async Task move_io_to_its_place_and_keep_it_there()
    {
        await using var whole = BlockDevice.Memory(4096);
        whole.Bytes.Fill(1);
        await using var part = BlockDevice.Range(whole, 1024, 512);

        Assert.Equal(IoResult.Success(412), await part.WriteAsync(100, Bytes.Filled(512, 2)));
        Assert.Equal(IoResult.Success(50), await part.WriteZeroesAsync(462, 5000));
        Assert.Equal((byte[])[.. Bytes.Filled(1124, 1), .. Bytes.Filled(362, 2), .. new byte[50], .. Bytes.Filled(2560, 1)], whole.Bytes.ToArray());
        Assert.Equal(512, (await part.ReadAllAsync(0, 4096)).Length);
        Assert.Equal(IoResult.Success(0), await part.ReadAsync(512, new byte[10]));
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await part.WriteAsync(512, new byte[10]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await part.ReadAsync(-1, new byte[10]));
    }

    [Fact]
    public async Task be_located_where_its_bytes_live()
    {
        await using var whole = BlockDevice.Memory(8192);
        var inner = BlockDevice.Range(whole, 1024, 4096);
        var part = BlockDevice.Range(inner, 512, 1024);
        Assert.Equal(((IBlockDevice)whole).Locate(1546), part.Locate(10));
    }

    [Fact]
    public async Task leave_the_whole_open_unless_told_otherwise()
    {
        var whole = BlockDevice.Memory(4096);
        await BlockDevice.Range(whole, 0, 512).DisposeAsync();
        Assert.True((await whole.ReadAsync(0, new byte[1])).IsSuccess);
        await BlockDevice.Range(whole, 0, 512, leaveOpen: false).DisposeAsync();
        Assert.Equal(IoError.Closed, (await whole.ReadAsync(0, new byte[1])).Error);
    }

    [Fact]
    public void refuse_a_part_that_is_not_there_or_not_aligned()
    {
        var whole = BlockDevice.Memory(5000);
        Assert.Equal(904, BlockDevice.Range(whole, 4096, 904).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Range(whole, 4096, 905));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Range(whole, 512, long.MaxValue));
        Assert.Throws<ArgumentException>(() => BlockDevice.Range(whole, 100, 512));
        Assert.Throws<ArgumentException>(() => BlockDevice.Range(whole, 0, 100));
        Assert.Throws<ArgumentException>(() => BlockDevice.Range(BlockDevice.Memory(8192, alignment: 4096), 512, 4096));
    }
}
