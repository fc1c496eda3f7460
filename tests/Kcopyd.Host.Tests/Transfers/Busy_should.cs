using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

/// <summary>Storage in use by others is not touched, under whatever name it is given.</summary>
public sealed class Busy_should : CommandSpec
{
    [SkippableFact]
    public async Task refuse_to_write_to_what_is_mounted_and_name_the_mount_point()
    {
        Tool.Need("mkfs.ext2", "e2fsprogs");
        var image = Folder.Write("image", new byte[8 << 20]);
        using var disk = LoopDisk.Attach(image, 512);
        Tool.Run("mkfs.ext2", "-q", disk.Path);
        using var mount = new Mount(disk.Path, Folder["mnt"]);
        var source = Folder.Write("source", new byte[8 << 20]);

        string[][] commands =
        [
            ["copy", source, disk.Path], ["copy", source, image, "--overwrite"], ["zero", disk.Path], ["zero", image], ["serve", disk.Path], ["serve", image],
        ];
        foreach (var args in commands)
        {
            var outcome = await RunAsync(args);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains($"is in use: {disk.Path} is mounted on {Folder["mnt"]}. Writing to it would destroy data; stop that first, or use --force.",
                outcome.Error, StringComparison.Ordinal);
        }
        Assert.Equal(0, (await RunAsync("copy", disk.Path, Folder["backup"])).ExitCode);
        Assert.Equal(0, (await RunAsync("copy", source, disk.Path, "--force")).ExitCode);
    }

    [Fact]
    public async Task keep_two_commands_from_one_destination_and_a_writer_from_a_source()
    {
        var (source, copy) = (Folder.Random("source", 4 << 20), Folder["copy"]);
        using var first = new HostProcess("copy", source, copy, "--rate", "64K");     // takes a minute
        await first.UntilAsync(() => File.Exists(copy) && new FileInfo(copy).Length > 0);     // the file grows once it is locked

        var same = await RunAsync("copy", source, copy, "--overwrite");
        var reader = await RunAsync("copy", copy, Folder["other"]);
        var writer = await RunAsync("zero", source);

        foreach (var (outcome, path) in new[] { (same, copy), (reader, copy), (writer, source) })
        {
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains($"'{path}' is in use: {path} is locked by process", outcome.Error, StringComparison.Ordinal);
        }
        first.Signal("INT");
        await first.EndAsync();
    }

    [SkippableFact]
    public async Task know_a_file_and_the_loop_device_over_it_as_one_overlapping_storage()
    {
        using var disk = LoopDisk.Attach(Folder.Random("image", 1 << 20), 512);
        var outcome = await RunAsync("copy", Folder.Random("source", 4096), disk.Path, Folder["image"], "--overwrite");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"DEST 2 '{Folder["image"]}' overlaps DEST 1 '{disk.Path}'", outcome.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task find_the_map_file_beneath_a_loop_device()
    {
        using var disk = LoopDisk.Attach(Folder.Random("image", 1 << 20), 512);
        var outcome = await RunAsync("copy", disk.Path, Folder["new"], "--mapfile", Folder["image"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"--mapfile '{Folder["image"]}' is SOURCE '{disk.Path}'", outcome.Error, StringComparison.Ordinal);
    }
}

internal sealed class Mount : IDisposable
{
    private readonly string _point;

    public Mount(string device, string point)
    {
        _point = point;
        Directory.CreateDirectory(point);
        Tool.Run("mount", device, point);
    }

    public void Dispose() => Tool.Run("umount", _point);
}
