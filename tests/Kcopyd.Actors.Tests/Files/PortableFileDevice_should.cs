using System.Reflection;
using System.Runtime.Versioning;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Files;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

/// <summary>The device that <see cref="BlockDevice.Open"/> returns on systems other than Linux, tested here on Linux.</summary>
public sealed class PortableFileDevice_should() : EngineSpec(), IDisposable
{
    private readonly TempFolder _folder = new();

    void IDisposable.Dispose()
    {
        _folder.Dispose();
        Dispose();
    }

    [Fact]
    public async Task be_copied_by_jobs_like_any_device()
    {
        var content = Bytes.Random(1_000_448);
        await using var source = new PortableFileDevice(_folder.File("source", content), new() { ReadOnly = true });
        await using var copy = new PortableFileDevice(_folder["copy"], new() { CreateNew = true, Length = source.Length });
        var result = await Client().CopyAsync(source.Whole(), [copy.Whole()], CopyFlags.Verify);
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal(content, File.ReadAllBytes(copy.Name));
    }

    [Fact]
    public async Task end_where_the_file_ends()
    {
        await using var device = new PortableFileDevice(_folder.File("f", Bytes.Random(1000)), new());
        Assert.Equal(IoResult.Success(488), await device.ReadAsync(512, new byte[512]));
        Assert.Equal(IoResult.Success(0), await device.ReadAsync(1000, new byte[512]));
        Assert.Equal(IoResult.Success(488), await device.WriteAsync(512, new byte[512]));
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(1000, new byte[1]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await device.ReadAsync(-1, new byte[1]));
        Assert.Equal(1000, new FileInfo(device.Name).Length);
    }

    [Fact]
    public async Task grow_where_it_may()
    {
        await using (var endless = new PortableFileDevice(_folder["f"], new() { Create = true, Grows = true }))
            Assert.Equal(IoResult.Success(10), await endless.WriteAsync(5000, new byte[10]));
        Assert.Equal(5010, new FileInfo(_folder["f"]).Length);
        await using IGrowingDevice_on_file grown = new(new PortableFileDevice(_folder["f"], new()));
        Assert.Equal(5010, grown.Device.Length);
        Assert.True((await grown.Growing.GrowAsync(9000)).IsSuccess);
        Assert.Equal((9000, 9000), (grown.Device.Length, new FileInfo(_folder["f"]).Length));
    }

    [Fact]
    public async Task be_truncated_only_when_told_to()
    {
        await using (var kept = new PortableFileDevice(_folder.File("f", Bytes.Filled(1000, 1)), new() { Create = true, Length = 100 }))
            Assert.Equal(1000, kept.Length);
        await using var emptied = new PortableFileDevice(_folder["f"], new() { Truncate = true, Length = 600 });
        Assert.Equal(new byte[600], await emptied.ReadAllAsync(0, 2000));
    }

    [Fact]
    public async Task refuse_writes_where_it_is_only_read_and_everything_once_it_is_closed()
    {
        var device = new PortableFileDevice(_folder.File("f", new byte[1000]), new() { ReadOnly = true });
        Assert.Equal(IoResult.Failure(IoError.ReadOnly), await device.WriteAsync(0, new byte[10]));
        await device.DisposeAsync();
        Assert.Equal(IoResult.Failure(IoError.Closed), await device.ReadAsync(0, new byte[10]));
    }

    [Fact]
    public void say_what_is_wrong_and_what_to_do()
    {
        Assert.Contains("Create = true",
            Assert.Throws<FileNotFoundException>(() => new PortableFileDevice(_folder["none"], new())).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => new PortableFileDevice(_folder["no/such"], new() { Create = true }));
        _folder.File("f", [1]);
        Assert.Equal(DeviceOpenError.Exists, Assert.Throws<DeviceOpenException>(() => new PortableFileDevice(_folder["f"], new() { CreateNew = true })).Reason);
        Assert.Equal(DeviceOpenError.IsDirectory,
            Assert.Throws<DeviceOpenException>(() => new PortableFileDevice(Path.GetDirectoryName(_folder["f"])!, new())).Reason);
        Assert.Contains("IoMode.Buffered",
            Assert.Throws<PlatformNotSupportedException>(() => new PortableFileDevice(_folder["f"], new() { Io = IoMode.Direct })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void be_all_that_users_meet_of_files_where_the_rest_says_that_it_is_of_Linux()
    {
        var linux = typeof(KcopydExtension).Assembly.GetExportedTypes()
            .Where(static type => type.GetCustomAttribute<SupportedOSPlatformAttribute>() is not null).Select(static type => type.Name);
        Assert.Equal(["StorageLock"], linux.Order(StringComparer.Ordinal));
    }

    private sealed class IGrowingDevice_on_file(PortableFileDevice device) : IAsyncDisposable
    {
        public PortableFileDevice Device => device;

        public IGrowingDevice Growing => device;

        public ValueTask DisposeAsync() => device.DisposeAsync();
    }
}
