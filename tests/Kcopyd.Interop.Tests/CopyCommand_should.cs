using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

[Trait(KcopydProcess.Trait, KcopydProcess.Kcopyd)]
public sealed class CopyCommand_should : CommandTest
{
    private const long Length = 16 << 20;

    [SkippableFact]
    public async Task copy_to_loop_devices_and_a_new_file_whole_beside_a_full_device()
    {
        Requires.LoopDevices();
        var source = Folder.RandomFile("source", Length);
        var small = Own(await LoopDevice.AttachAsync(Folder.EmptyFile("small", Length), 512));
        var large = Own(await LoopDevice.AttachAsync(Folder.EmptyFile("large", Length), 4096));
        var file = Folder["new"];

        var run = await KcopydProcess.RunAsync("copy", "--ignore-errors", "--json", source, small.Path, "/dev/full", large.Path, file);

        Assert.True(run.ExitCode == 1, run.ToString());
        var report = CommandReport.Of(run);
        Assert.False(report.ReadError);
        Assert.Equal(2UL, report.WriteErrors);
        Assert.Equal([small.Path, "/dev/full", large.Path, file], report.Destinations.Select(destination => destination.Path));
        Assert.Equal([Length, 0, Length, Length], report.Destinations.Select(destination => destination.Bytes));
        Assert.Equal([true, false, true, true], report.Destinations.Select(destination => destination.Error is null));
        Assert.Contains("/dev/full", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(small.Path, run.Error, StringComparison.Ordinal);
        foreach (var copy in new[] { small.Path, large.Path, file })
            await Files.AssertIdenticalAsync(source, copy);
    }

    [SkippableFact]
    public async Task zero_exactly_what_it_is_told_to_on_a_loop_device()
    {
        Requires.LoopDevices();
        var disk = Folder.RandomFile("disk", Length);
        var expected = File.ReadAllBytes(disk);
        expected.AsSpan(1 << 20, 2 << 20).Clear();
        File.WriteAllBytes(Folder["expected"], expected);
        var loop = Own(await LoopDevice.AttachAsync(disk, 4096));

        var run = await KcopydProcess.RunAsync("zero", $"{loop.Path}@1M+2M");

        Assert.True(run.ExitCode == 0, run.ToString());
        await Files.AssertIdenticalAsync(Folder["expected"], loop.Path);
    }

    [SkippableFact]
    public async Task list_exactly_the_bad_sectors_and_write_them_as_zeroes()
    {
        var bad = BadDisk.Sectors(Length, 137);
        var image = Folder.RandomFile("image", Length);
        var disk = Own(await BadDisk.ServeAsync(Folder, image, bad));

        var run = await KcopydProcess.RunAsync("copy", "--io", "direct", "--ignore-errors", "--json", disk.Path, Folder["copy"]);

        Assert.True(run.ExitCode == 1, run.ToString());
        var report = CommandReport.Of(run);
        Assert.True(report.ReadError);
        Assert.Equal(0UL, report.WriteErrors);
        Assert.Equal(bad, BadDisk.SectorsOf(report.Unreadable.Select(range => (range.Offset, range.Length))));
        await Files.AssertIdenticalAsync(BadDisk.Expected(Folder, image, bad), Folder["copy"]);
    }

    [SkippableFact]
    public async Task stop_at_a_bad_sector_where_errors_are_not_ignored()
    {
        var image = Folder.RandomFile("image", Length);
        var disk = Own(await BadDisk.ServeAsync(Folder, image, [0]));

        var run = await KcopydProcess.RunAsync("copy", "--io", "direct", "--json", disk.Path, Folder["copy"]);

        Assert.True(run.ExitCode == 1, run.ToString());
        var report = CommandReport.Of(run);
        Assert.True(report.ReadError);
        Assert.True(report.Bytes < Length, "the copy continued");
        Assert.Contains(disk.Path, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task report_what_was_copied_and_exit_130_on_SIGINT()
    {
        var source = Folder.RandomFile("source", Length);
        await using var copying = KcopydProcess.Start("copy", "--rate", "2M", "--json", source, Folder["copy"]);
        await copying.UntilAsync(() => Files.HasData(Folder["copy"]), "copying");

        copying.Signal(KcopydProcess.Interrupt);
        var run = await copying.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.True(run.ExitCode == 130, run.ToString());
        Assert.InRange(CommandReport.Of(run).Bytes, 1, Length - 1);
    }
}
