using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

public sealed class DirectIo_should : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private FileBlockDevice OpenDirect(byte[] content)
    {
        try
        {
            return BlockDevice.Open(_folder.File("f", content), new() { Io = IoMode.Direct });
        }
        catch (IOException e) when (e.Message.Contains("direct I/O", StringComparison.Ordinal))
        {
            throw new SkipException("the temporary folder's file system has no direct I/O");
        }
    }

    [SkippableFact]
    public async Task ask_for_the_alignment_of_the_file_system()
    {
        await using var device = OpenDirect(Bytes.Random(8192));

        Assert.True(device.IsDirect);
        Assert.InRange(device.Alignment, 512, 65536);
        Assert.True(int.IsPow2(device.Alignment));
        using var memory = new AlignedMemory(4096);
        Assert.Equal(IoResult.Success(device.Alignment), await device.ReadAsync(device.Alignment, memory.Memory[..device.Alignment]));
    }

    [SkippableFact]
    public async Task transfer_the_partial_tail_of_a_file_too()
    {
        var content = Bytes.Random(100_001);
        await using var device = OpenDirect(new byte[100_001]);

        Assert.Equal(2, await device.WriteAllAsync(0, content)); // the aligned head, then the tail
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        Assert.Equal(content, await device.ReadAllAsync(0, 200_000));
        Assert.Equal(content, File.ReadAllBytes(device.Name));
        Assert.Equal(100_001, new FileInfo(device.Name).Length);
    }

    [SkippableFact]
    public async Task take_memory_and_offsets_that_are_not_aligned()
    {
        var content = Bytes.Random(65536);
        await using var device = OpenDirect(content);
        using var memory = new AlignedMemory(65536);

        Assert.Equal(IoResult.Success(8192), await device.ReadAsync(4096, memory.Memory.Slice(1, 8192)));
        Assert.Equal(content[4096..12288], memory.Memory.Slice(1, 8192).ToArray());
        Assert.Equal(IoResult.Success(5000), await device.WriteAsync(777, Bytes.Filled(5000, 3)));
        Array.Fill(content, (byte)3, 777, 5000);
        Assert.Equal(content, await device.ReadAllAsync(0, 65536)); // direct I/O sees what was in the page cache
    }

    [SkippableFact]
    public async Task leave_nothing_in_the_page_cache()
    {
        await using var device = OpenDirect(new byte[1 << 20]);
        await device.EvictAsync(0, 1 << 20);
        await device.WriteAllAsync(0, Bytes.Random(1 << 20));
        await device.ReadAllAsync(0, 1 << 20);

        var cached = LoopDevice.Run("fincore", ["--noheadings", "--bytes", "--output", "RES", device.Name]);
        Assert.Equal("0", cached.Trim());
    }

    [SkippableFact]
    public void be_refused_with_the_remedy_where_the_file_system_has_none()
    {
        // On every machine sysfs has regular files without direct I/O.
        const string Path = "/sys/devices/system/cpu/online";
        var refused = Assert.Throws<DeviceOpenException>(() => BlockDevice.Open(Path, new() { ReadOnly = true, Io = IoMode.Direct }));
        Assert.Contains(Path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("IoMode.Buffered", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task not_be_chosen_for_a_regular_file_by_auto()
    {
        await using var device = BlockDevice.Open(_folder.File("f", new byte[4096]), new() { Io = IoMode.Auto });
        Assert.False(device.IsDirect);
        Assert.Equal(1, device.Alignment);
    }
}
