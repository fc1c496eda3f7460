using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

public sealed class FileHoles_should : IDisposable
{
    private const int Length = 1 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task be_told_of_where_nothing_was_written()
    {
        await using var device = Open("f");
        await device.WriteAllAsync(256 << 10, Bytes.Filled(64 << 10, 1));
        Assert.Equal(ExtentResult.Zero(256 << 10), await device.MapAsync(0, Length));
        Assert.Equal(ExtentResult.Data(64 << 10), await device.MapAsync(256 << 10, Length));
        Assert.Equal(ExtentResult.Zero(100), await device.MapAsync(512 << 10, 100));
        Assert.Equal(ExtentResult.Zero((1 << 20) - (320 << 10)), await device.MapAsync(320 << 10, long.MaxValue));
        Assert.Equal(IoError.Invalid, (await device.MapAsync(-1, 1)).Error);
    }

    [Fact]
    public async Task be_shifted_with_a_range_and_end_with_it()
    {
        await using var device = Open("f");
        await device.WriteAllAsync(256 << 10, Bytes.Filled(64 << 10, 1));
        await using var range = BlockDevice.Range(device, 128 << 10, 256 << 10);
        Assert.Equal(ExtentResult.Zero(128 << 10), await range.MapAsync(0, Length));
        Assert.Equal(ExtentResult.Zero(64 << 10), await range.MapAsync(192 << 10, Length));
    }

    [Fact]
    public async Task not_be_looked_for_in_a_file_that_is_full()
    {
        await using var full = BlockDevice.Open(_folder.File("full", Bytes.Random(100_001, 1)), new() { ReadOnly = true });
        await using var sparse = Open("sparse");
        Assert.False(full.Features.HasFlag(DeviceFeatures.Map));
        Assert.True(sparse.Features.HasFlag(DeviceFeatures.Map));
    }

    [Fact]
    public async Task not_be_where_the_file_has_ended_meanwhile()
    {
        await using var device = Open("f");
        using (var other = File.OpenWrite(_folder["f"]))
            other.SetLength(512 << 10);
        Assert.Equal(ExtentResult.Zero(512 << 10), await device.MapAsync(0, Length));
        Assert.False((await device.MapAsync(512 << 10, Length)).IsZero, "a read must report the end of the device");
    }

    [Fact]
    public async Task be_made_by_punching()
    {
        await using var device = Open("f");
        await device.WriteAllAsync(0, Bytes.Filled(Length, 1));
        await device.FlushAsync();
        Assert.Equal(IoResult.Success(512 << 10), await device.PunchAsync(0, 512 << 10));
        Assert.Equal(ExtentResult.Zero(512 << 10), await device.MapAsync(0, Length));
        Assert.DoesNotContain(await device.ReadAllAsync(0, 512 << 10), one => one != 0);
    }

    [Fact]
    public async Task not_make_a_closed_device_talk()
    {
        var device = Open("f");
        await device.DisposeAsync();
        Assert.Equal(IoError.Closed, (await device.MapAsync(0, 1)).Error);
        Assert.Equal(IoError.Closed, (await device.PunchAsync(0, 1)).Error);
        await using var other = Open("g");
        Assert.Equal(IoError.Closed, (await other.CloneFromAsync(device, 0, 0, Length, OffloadKinds.KernelCopy)).Error);
        Assert.Equal(IoError.Closed, (await other.CloneFromAsync(device, 0, 0, Length, OffloadKinds.Reflink)).Error);
    }

    [Fact]
    public async Task not_hinder_a_clone_by_the_kernel()
    {
        await using var source = Open("source");
        await using var copy = Open("copy");
        await source.WriteAllAsync(0, Bytes.Random(Length, 5));
        await using var range = BlockDevice.Range(source, 512, 64 << 10);
        Assert.True((copy.CloneKinds(range) & OffloadKinds.KernelCopy) != 0);
        Assert.Equal(IoResult.Success(64 << 10), await copy.CloneFromAsync(range, 0, 1024, Length, OffloadKinds.KernelCopy));
        Assert.Equal(await source.ReadAllAsync(512, 64 << 10), await copy.ReadAllAsync(1024, 64 << 10));
        Assert.Equal(OffloadKinds.None, copy.CloneKinds(BlockDevice.Memory(Length)));
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await copy.CloneFromAsync(source, 0, Length, 1, OffloadKinds.KernelCopy));
    }

    private FileBlockDevice Open(string name) => BlockDevice.Open(_folder[name], new() { Create = true, Length = Length });
}
