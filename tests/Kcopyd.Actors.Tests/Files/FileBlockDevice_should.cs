using Kcopyd.Actors.IO;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

public sealed class FileBlockDevice_should : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task read_what_the_file_holds_at_any_offset()
    {
        var content = Bytes.Random(10_000);
        await using var device = BlockDevice.Open(_folder.File("f", content));

        Assert.Equal(10_000, device.Length);
        Assert.Equal(content[3..7001], await device.ReadAllAsync(3, 6998));
    }

    [Fact]
    public async Task write_in_place_and_leave_the_rest_alone()
    {
        var content = Bytes.Random(10_000);
        var path = _folder.File("f", content);
        await using (var device = BlockDevice.Open(path))
        {
            await device.WriteAllAsync(4097, Bytes.Filled(1000, 7));
            Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        }

        Array.Fill(content, (byte)7, 4097, 1000);
        Assert.Equal(content, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task end_where_the_file_ends()
    {
        await using var device = BlockDevice.Open(_folder.File("f", Bytes.Random(1000)));

        Assert.Equal(IoResult.Success(488), await device.ReadAsync(512, new byte[512]));
        Assert.Equal(IoResult.Success(0), await device.ReadAsync(1000, new byte[512]));
        Assert.Equal(IoResult.Success(488), await device.WriteAsync(512, new byte[512]));
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(1000, new byte[1]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await device.ReadAsync(-1, new byte[1]));
        Assert.Equal(IoResult.Failure(IoError.Invalid), await device.WriteAsync(-1, new byte[1]));
        Assert.Equal(1000, new FileInfo(device.Name).Length);
    }

    [Fact]
    public async Task create_a_file_with_the_length_that_is_asked_for()
    {
        await using var device = BlockDevice.Open(_folder["new"], new() { Create = true, Length = 12_345 });

        Assert.Equal(12_345, device.Length);
        Assert.Equal(12_345, new FileInfo(_folder["new"]).Length);
        Assert.Equal(new byte[12_345], await device.ReadAllAsync(0, 20_000));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
    }

    [Fact]
    public async Task grow_a_file_but_never_shorten_it()
    {
        var path = _folder.File("f", Bytes.Filled(1000, 1));
        await using (var grown = BlockDevice.Open(path, new() { Length = 2000 }))
            Assert.Equal((byte[])[.. Bytes.Filled(1000, 1), .. new byte[1000]], await grown.ReadAllAsync(0, 2000));
        await using (var kept = BlockDevice.Open(path, new() { Length = 100, Create = true }))
            Assert.Equal(2000, kept.Length);

        Assert.Equal(2000, new FileInfo(path).Length);
    }

    [Fact]
    public async Task truncate_only_when_told_to()
    {
        await using var device = BlockDevice.Open(_folder.File("f", Bytes.Filled(1000, 1)), new() { Truncate = true, Length = 600 });

        Assert.Equal(new byte[600], await device.ReadAllAsync(0, 2000));
    }

    [Fact]
    public async Task open_for_reading_only_and_refuse_writes_itself()
    {
        await using var device = BlockDevice.Open(_folder.File("f", new byte[1000]), new() { ReadOnly = true });

        Assert.True(device.IsReadOnly);
        Assert.Equal(DeviceFeatures.Clone, device.Features);    // as a source of clones
        Assert.Equal(IoResult.Failure(IoError.ReadOnly), await device.WriteAsync(0, new byte[10]));
        Assert.Equal(IoResult.Failure(IoError.ReadOnly), await device.WriteZeroesAsync(0, 10));
        Assert.Equal(IoResult.Failure(IoError.ReadOnly), await device.DiscardAsync(0, 10));
        Assert.Equal(IoResult.Success(10), await device.ReadAsync(0, new byte[10]));
        Assert.Equal(IoResult.Success(0), await device.EvictAsync(0, 1000));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
    }

    [Fact]
    public async Task answer_closed_after_dispose_whatever_is_asked()
    {
        var device = BlockDevice.Open(_folder.File("f", new byte[1000]));
        await device.DisposeAsync();
        await device.DisposeAsync();

        var closed = IoResult.Failure(IoError.Closed);
        Assert.Equal(closed, await device.ReadAsync(0, new byte[10]));
        Assert.Equal(closed, await device.WriteAsync(0, new byte[10]));
        Assert.Equal(closed, await device.WriteZeroesAsync(0, 10));
        Assert.Equal(closed, await device.DiscardAsync(0, 10));
        Assert.Equal(closed, await device.EvictAsync(0, 10));
        Assert.Equal(closed, await device.FlushAsync());
    }

    [Fact]
    public async Task survive_being_disposed_under_running_reads()
    {
        var path = _folder.File("f", new byte[1 << 20]);
        for (var round = 0; round < 20; round++)
        {
            var device = BlockDevice.Open(path);
            using var running = new CountdownEvent(2);
            var readers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() =>
            {
                running.Signal();
                return ReadUntilItFails(device);
            }, default, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            running.Wait();
            await device.DisposeAsync();
            Assert.All(await Task.WhenAll(readers), error => Assert.Equal(IoError.Closed, error));
        }

        static IoError ReadUntilItFails(FileBlockDevice device)
        {
            var buffer = new byte[4096];
            for (long i = 0; ; i++)
            {
                var read = device.ReadAsync(i % 256 * 4096, buffer);
                Assert.True(read.IsCompletedSuccessfully);
                if (read.Result is { IsSuccess: false } failure)
                    return failure.Error;
            }
        }
    }

    [Fact]
    public async Task allocate_nothing_for_a_read_and_a_write()
    {
        await using var device = BlockDevice.Open(_folder.File("f", new byte[65536]));
        var buffer = new byte[4096];
        Assert.Equal(0, Allocation.InEveryRun(() =>
        {
            for (var i = 0; i < 1000; i++)
                Round();
        }));

        void Round()
        {
            var read = device.ReadAsync(4096, buffer);
            var write = device.WriteAsync(8192, buffer);
            if (!read.IsCompletedSuccessfully || read.Result.Bytes != 4096 || !write.IsCompletedSuccessfully || write.Result.Bytes != 4096)
                throw new InvalidOperationException("not done when the call returned");
        }
    }

    [Fact]
    public async Task know_the_same_file_by_any_name()
    {
        var path = _folder.File("f", new byte[1000]);
        File.CreateSymbolicLink(_folder["link"], path);
        await using var one = BlockDevice.Open(path);
        await using var two = BlockDevice.Open(_folder["link"], new() { ReadOnly = true });
        await using var other = BlockDevice.Open(_folder.File("g", new byte[1000]));

        Assert.Equal(one.Locate(512), two.Locate(512));
        Assert.NotEqual(one.Locate(512), two.Locate(513));
        Assert.NotEqual(one.Locate(512), other.Locate(512));
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData("/dev/shm")] // tmpfs punches holes, but may not zero ranges
    public async Task zero_a_range_without_touching_its_neighbours_or_the_length(string? parent)
    {
        Skip.If(parent is not null && !Directory.Exists(parent), $"needs {parent}");
        using var folder = new TempFolder(parent);
        var content = Bytes.Filled(100_001, 9);
        await using var device = BlockDevice.Open(folder.File("f", content));

        Assert.True(device.Features.HasFlag(DeviceFeatures.WriteZeroes));
        Assert.Equal(IoResult.Success(50_000), await device.WriteZeroesAsync(5_000, 50_000));
        Assert.Equal(IoResult.Success(1), await device.WriteZeroesAsync(100_000, 512));
        Array.Clear(content, 5_000, 50_000);
        content[^1] = 0;
        Assert.Equal(content, await device.ReadAllAsync(0, 200_000));
        Assert.Equal(100_001, new FileInfo(device.Name).Length);
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteZeroesAsync(100_001, 1));
    }

    [Fact]
    public async Task give_discarded_space_back_to_the_file_system()
    {
        await using var device = BlockDevice.Open(_folder.File("f", Bytes.Filled(1 << 20, 9)));
        await device.FlushAsync();
        var before = Allocated(device.Name);

        Assert.Equal(IoResult.Success(1 << 19), await device.DiscardAsync(1 << 18, 1 << 19));

        Assert.InRange(before - Allocated(device.Name), 1 << 19, 1 << 20);
        Assert.Equal(Bytes.Filled(1 << 18, 9), await device.ReadAllAsync(0, 1 << 18));
    }

    [Fact]
    public void name_the_path_and_the_remedy_when_it_cannot_open()
    {
        var missing = Assert.Throws<FileNotFoundException>(() => BlockDevice.Open(_folder["missing"]));
        Assert.Contains(_folder["missing"], missing.Message, StringComparison.Ordinal);
        Assert.Contains("Create = true", missing.Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => BlockDevice.Open(_folder["no/folder"], new() { Create = true }));
        Assert.Equal(DeviceOpenError.IsDirectory, Assert.Throws<DeviceOpenException>(() => BlockDevice.Open("/tmp")).Reason);
        Assert.Contains("'/tmp' is a directory",
            Assert.Throws<DeviceOpenException>(() => BlockDevice.Open("/tmp", new() { ReadOnly = true })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BlockDevice.Open(_folder["x"], new() { ReadOnly = true, Create = true }));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockDevice.Open(_folder["x"], new() { Length = -1 }));
        Assert.False(File.Exists(_folder["x"]));
    }

    [SkippableFact]
    public async Task say_how_to_read_what_it_may_not_write()
    {
        var path = _folder.File("f", new byte[512]);
        Forbid(true);
        try
        {
            var refused = Assert.Throws<UnauthorizedAccessException>(() => BlockDevice.Open(path));
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            Assert.Contains("ReadOnly = true", refused.Message, StringComparison.Ordinal);
            await using var readable = BlockDevice.Open(path, new() { ReadOnly = true });
            Assert.True((await readable.ReadAsync(0, new byte[512])).IsSuccess);
        }
        finally
        {
            Forbid(false);
        }

        // Only the immutable attribute stops root.
        void Forbid(bool forbid) => SkipUnless(() => Environment.IsPrivilegedProcess
            ? LoopDevice.Run("chattr", [forbid ? "+i" : "-i", path])
            : LoopDevice.Run("chmod", [forbid ? "a-w" : "u+w", path]));
    }

    [Fact]
    public void refuse_a_pipe_at_once_instead_of_waiting_for_its_other_end()
    {
        LoopDevice.Run("mkfifo", [_folder["pipe"]]);
        Assert.Equal(DeviceOpenError.HasNoOffsets,
            Assert.Throws<DeviceOpenException>(() => BlockDevice.Open(_folder["pipe"], new() { ReadOnly = true })).Reason);
    }

    [Fact]
    public void refuse_a_file_whose_length_reads_as_zero_and_that_has_content() =>
        Assert.Equal(DeviceOpenError.HasNoLength,
            Assert.Throws<DeviceOpenException>(() => BlockDevice.Open("/proc/version", new() { ReadOnly = true })).Reason);

    [Fact]
    public async Task create_a_new_file_only_where_nothing_has_its_name_and_with_the_permissions_asked_for()
    {
        await using (BlockDevice.Open(_folder["new"], new() { CreateNew = true, Length = 512, CreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            Assert.Equal("600", LoopDevice.Run("stat", ["--format=%a", _folder["new"]]).Trim());

        Assert.Equal(DeviceOpenError.Exists, Assert.Throws<DeviceOpenException>(() => BlockDevice.Open(_folder["new"], new() { CreateNew = true })).Reason);
        Assert.Throws<DirectoryNotFoundException>(() => BlockDevice.Open(_folder["no/folder"], new() { CreateNew = true }));
    }

    [Fact]
    public async Task evict_written_pages_so_that_reads_come_from_the_medium()
    {
        await using var device = BlockDevice.Open(_folder.File("f", Bytes.Random(1 << 20)));
        Assert.Equal(IoResult.Success(0), await device.EvictAsync(0, device.Length));
        Assert.Equal(Bytes.Random(1 << 20), await device.ReadAllAsync(0, 1 << 20));
    }

    private static void SkipUnless(Func<string> possible)
    {
        try
        {
            possible();
        }
        catch (InvalidOperationException e)
        {
            throw new SkipException(e.Message);
        }
    }

    private static long Allocated(string path)
    {
        Assert.Equal(0, LibC.Status(path, out var status));
        return status.Blocks * 512;
    }
}
