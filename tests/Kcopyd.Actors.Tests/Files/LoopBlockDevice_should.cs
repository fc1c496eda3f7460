using System.Globalization;
using Kcopyd.Actors.Files;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

/// <summary>Real block devices.</summary>
public sealed class LoopBlockDevice_should : IDisposable
{
    private const int Size = 4 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(512, IoMode.Buffered)]
    [InlineData(512, IoMode.Direct)]
    [InlineData(4096, IoMode.Buffered)]
    [InlineData(4096, IoMode.Auto)]
    public async Task have_the_size_and_sectors_that_the_kernel_tells_and_hold_what_is_written(int sectorSize, IoMode mode)
    {
        using var loop = LoopDevice.Attach(_folder.File("image", new byte[Size]), sectorSize);
        var content = Bytes.Random(Size, seed: sectorSize);
        await using (var device = BlockDevice.Open(loop.Path, new() { Io = mode }))
        {
            Assert.Equal(Size, device.Length);
            Assert.Equal(sectorSize, device.LogicalBlockSize);
            Assert.Equal(mode != IoMode.Buffered, device.IsDirect);
            Assert.Equal(mode == IoMode.Buffered ? 1 : sectorSize, device.Alignment);
            Assert.False(device.IsReadOnly);
            Assert.Equal(1, await device.WriteAllAsync(0, content));
            Assert.Equal(IoResult.Success(0), await device.FlushAsync());
            Assert.Equal(IoResult.Success(0), await device.EvictAsync(0, Size));
            Assert.Equal(content, await device.ReadAllAsync(0, Size + 4096));
            Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(Size, new byte[4096]));
        }
        Assert.Equal(content, File.ReadAllBytes(_folder["image"]));
    }

    [SkippableTheory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task zero_and_discard_whole_blocks(int sectorSize)
    {
        using var loop = LoopDevice.Attach(_folder.File("image", Bytes.Filled(Size, 5)), sectorSize);
        await using var device = BlockDevice.Open(loop.Path);
        var content = Bytes.Filled(Size, 5);

        Assert.Equal(IoResult.Success(65536), await device.WriteZeroesAsync(8192, 65536));
        Array.Clear(content, 8192, 65536);
        Assert.Equal(content, await device.ReadAllAsync(0, Size));
        Assert.Equal(IoResult.Failure(IoError.NotSupported), await device.WriteZeroesAsync(100, 512));

        Assert.True(device.Features.HasFlag(DeviceFeatures.Discard));
        Assert.Equal(IoResult.Success(1 << 20), await device.DiscardAsync(1 << 20, 1 << 20));
        Assert.Equal(content[..(1 << 20)], await device.ReadAllAsync(0, 1 << 20));
    }

    [SkippableTheory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task discard_the_whole_blocks_of_a_range_and_keep_what_lies_around_them(int sectorSize)
    {
        using var loop = LoopDevice.Attach(_folder.File("image", Bytes.Filled(Size, 5)), sectorSize);
        await using var device = BlockDevice.Open(loop.Path);
        var content = Bytes.Filled(Size, 5);

        Assert.Equal(IoResult.Success(3 * 65536), await device.DiscardAsync(100, 3 * 65536));
        Array.Clear(content, sectorSize, (3 * 65536) - sectorSize);
        Assert.Equal(content, await device.ReadAllAsync(0, Size));

        Assert.Equal(IoResult.Success(10), await device.DiscardAsync((1 << 20) + 100, 10));
        Assert.Equal(content, await device.ReadAllAsync(0, Size));
    }

    [SkippableFact]
    public async Task be_read_only_where_the_kernel_says_so()
    {
        using var loop = LoopDevice.Attach(_folder.File("image", Bytes.Filled(Size, 5)), 512, readOnly: true);
        await using var device = BlockDevice.Open(loop.Path, new() { ReadOnly = true });

        Assert.True(device.IsReadOnly);
        Assert.Equal(IoResult.Failure(IoError.ReadOnly), await device.WriteAsync(0, new byte[512]));
        Assert.Equal(Bytes.Filled(4096, 5), await device.ReadAllAsync(0, 4096));

        try
        {
            await using var writable = BlockDevice.Open(loop.Path);
            Assert.True(writable.IsReadOnly);
        }
        catch (UnauthorizedAccessException e) // some kernels refuse the open itself
        {
            Assert.Contains("ReadOnly = true", e.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task be_the_same_storage_by_any_node()
    {
        using var loop = LoopDevice.Attach(_folder.File("image", new byte[Size]), 512);
        using var other = LoopDevice.Attach(_folder.File("other", new byte[Size]), 512);
        File.CreateSymbolicLink(_folder["link"], loop.Path);
        await using var one = BlockDevice.Open(loop.Path);
        await using var two = BlockDevice.Open(_folder["link"], new() { Io = IoMode.Direct });
        await using var three = BlockDevice.Open(other.Path);

        Assert.Equal(one.Locate(512), two.Locate(512));
        Assert.NotEqual(one.Locate(512), three.Locate(512));
    }

    [SkippableFact]
    public async Task live_in_its_backing_file_or_on_the_disk_behind_it()
    {
        var image = _folder.File("image", new byte[Size]);
        using var loop = LoopDevice.Attach(image, 512, options: ["--offset", "8192"]);
        using var second = LoopDevice.Attach(loop.Path, 512);
        await using var file = BlockDevice.Open(image);
        await using var device = BlockDevice.Open(loop.Path, new() { ReadOnly = true });
        await using var nested = BlockDevice.Open(second.Path, new() { ReadOnly = true });

        Assert.Equal(file.Locate(8192 + 512), device.Locate(512));
        Assert.NotEqual(device.Locate(0), nested.Locate(0)); // only one level is resolved
        Assert.Equal(new DiskIdentity(7, uint.Parse(loop.Path["/dev/loop".Length..], CultureInfo.InvariantCulture)), nested.Locate(0).Storage);
    }

    [SkippableFact]
    public async Task live_on_its_disk_when_it_is_a_partition()
    {
        using var loop = LoopDevice.Attach(_folder.File("image", new byte[Size]), 512, options: "--partscan");
        LoopDevice.Run("addpart", [loop.Path, "1", "2048", "1024"]); // adds the partition to the kernel without a partition table on the disk
        var partition = loop.Path + "p1";
        Skip.IfNot(File.Exists(partition), $"needs /dev to be a devtmpfs that makes {partition}");
        await using var whole = BlockDevice.Open(loop.Path);
        await using var part = BlockDevice.Open(partition);

        Assert.Equal(1024 * 512, part.Length);
        Assert.Equal(whole.Locate(2048 * 512 + 5), part.Locate(5));
        Assert.True(part.Features.HasFlag(DeviceFeatures.Discard));
    }

    [SkippableFact]
    public void be_refused_when_it_is_too_small()
    {
        using var loop = LoopDevice.Attach(_folder.File("image", new byte[Size]), 512);
        var refused = Assert.Throws<DeviceOpenException>(() => BlockDevice.Open(loop.Path, new() { Length = Size + 1 }));
        Assert.Contains($"{Size} bytes", refused.Message, StringComparison.Ordinal);
    }
}
