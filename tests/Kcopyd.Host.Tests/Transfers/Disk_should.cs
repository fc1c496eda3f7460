using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

/// <summary>Real block devices, backed by files.</summary>
public sealed class Disk_should : CommandSpec
{
    [SkippableTheory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task take_a_file_whose_length_is_not_of_whole_sectors(int sectorSize)
    {
        using var disk = LoopDisk.Attach(Folder.Random("disk", 4 << 20, seed: 2), sectorSize);
        var source = Folder.Random("source", 1_000_001);
        byte[] wanted = [.. Folder.Read("source"), .. Folder.Read("disk").Skip(1_000_001)];
        var outcome = await RunAsync("copy", source, disk.Path, "--verify");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(wanted, Folder.Read("disk"));
    }

    [SkippableTheory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task be_copied_to_a_new_file_and_to_another_disk(int sectorSize)
    {
        using var disk = LoopDisk.Attach(Folder.Random("disk", 4 << 20), sectorSize);
        using var other = LoopDisk.Attach(Folder.Random("other", 6 << 20, seed: 2), sectorSize);
        Assert.Equal(0, (await RunAsync("copy", disk.Path, Folder["copy"], other.Path + "@1M", "--io", "direct", "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(Folder.Read("disk"), Folder.Read("copy"));
        Assert.Equal(Folder.Read("disk"), Folder.Read("other").Skip(1 << 20).Take(4 << 20));
    }

    [SkippableFact]
    public async Task be_refused_when_it_is_too_small_before_anything_is_created()
    {
        using var disk = LoopDisk.Attach(Folder.Random("disk", 1 << 20), 512);
        var source = Folder.Random("source", (1 << 20) + 1);
        var outcome = await RunAsync("copy", source, Folder["new"], disk.Path);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"DEST 2 '{disk.Path}' has 1048576 bytes, and 1048577 are needed", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["disk", "source"], Folder.Names);
    }

    [SkippableFact]
    public async Task refuse_direct_io_that_is_not_of_its_sectors_with_the_remedy()
    {
        using var disk = LoopDisk.Attach(Folder.Random("disk", 1 << 20), 4096);
        var source = Folder.Random("source", 4096);
        var outcome = await RunAsync("copy", source, disk.Path + "@512", "--io", "direct");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("requires multiples of 4096 bytes", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--io buffered", outcome.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task be_zeroed_whole()
    {
        using var disk = LoopDisk.Attach(Folder.Random("disk", 1 << 20), 4096);
        Assert.Equal(0, (await RunAsync("zero", disk.Path)).ExitCode);
        Assert.Equal(new byte[1 << 20], Folder.Read("disk"));
    }

    [SkippableFact]
    public async Task be_copied_to_another_part_of_the_same_storage_but_not_to_an_overlapping_one()
    {
        var image = Folder.Random("disk", 4 << 20);
        var first = Folder.Read("disk")[..(1 << 20)];
        using var one = LoopDisk.Attach(image, 512, "--offset", "0", "--sizelimit", "1M");
        using var other = LoopDisk.Attach(image, 512, "--offset", "2M", "--sizelimit", "1M");
        using var across = LoopDisk.Attach(image, 512, "--offset", "512K", "--sizelimit", "1M");
        var refused = await RunAsync("copy", one.Path, across.Path, "--overwrite");
        Assert.Contains($"DEST '{across.Path}' overlaps SOURCE '{one.Path}'", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("copy", one.Path, other.Path, "--overwrite")).ExitCode);
        Assert.Equal(first, Folder.Read("disk")[(2 << 20)..(3 << 20)]);
    }
}

internal sealed class LoopDisk : IDisposable
{
    private LoopDisk(string path) => Path = path;

    public string Path { get; }

    public static LoopDisk Attach(string file, int sectorSize, params string[] options)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root for losetup");
        Skip.IfNot(File.Exists("/dev/loop-control"), "needs the loop driver (/dev/loop-control)");
        return new LoopDisk(Tool.Run("losetup", ["--find", "--show", "--sector-size", $"{sectorSize}", .. options, file]).Trim());
    }

    public void Dispose() => Tool.Run("losetup", "--detach", Path);
}
