using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

[Trait(KcopydProcess.Trait, KcopydProcess.Kcopyd)]
public sealed class MapFile_should : CommandTest
{
    private const long Length = 32 << 20;

    private string Source => Folder["source"];
    private string Other => Folder["other"];
    private string Copy => Folder["copy"];
    private string Map => Folder["map"];

    /// <summary>Interrupts a copy once its map file shows progress, and returns the sectors that the file then marks as finished.</summary>
    private async Task<IReadOnlyList<long>> InterruptAsync(int signal)
    {
        Requires.Tools("ddrescue", "ddrescuelog");
        Folder.RandomFile("source", Length, seed: 1);
        Folder.RandomFile("other", Length, seed: 2);
        await using var copying = KcopydProcess.Start("copy", "--rate", "8M", "--mapfile", Map, Source, Copy);
        await copying.UntilAsync(() => Ddrescue.FinishedBytes(Map) > 0, "recording progress in the map file");
        copying.Signal(signal);
        var run = await copying.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(run.ExitCode == 128 + signal, run.ToString());

        var finished = await Ddrescue.SectorsAsync(Map, '+');
        Assert.InRange(finished.Count * 512L, 512, Length - 512);
        Assert.False(await Ddrescue.IsDoneAsync(Map));
        return finished;
    }

    [SkippableTheory]
    [InlineData(KcopydProcess.Kill)]
    [InlineData(KcopydProcess.Interrupt)]
    public async Task complete_a_copy_that_was_interrupted(int signal)
    {
        await InterruptAsync(signal);

        var run = await KcopydProcess.RunAsync("copy", "--mapfile", Map, Source, Copy);

        Assert.True(run.ExitCode == 0, run.ToString());
        await Files.AssertIdenticalAsync(Source, Copy);
        Assert.True(await Ddrescue.IsDoneAsync(Map));
    }

    // The second run copies from another source, which shows which run wrote a sector.
    [SkippableFact]
    public async Task spare_the_next_run_what_it_calls_finished_and_nothing_else()
    {
        var finished = await InterruptAsync(KcopydProcess.Kill);

        var run = await KcopydProcess.RunAsync("copy", "--mapfile", Map, Other, Copy);

        Assert.True(run.ExitCode == 0, run.ToString());
        await Files.AssertIdenticalAsync(Ddrescue.Composite(Folder, Source, finished, Other), Copy);
    }

    [SkippableFact]
    public async Task be_continued_by_ddrescue()
    {
        var finished = await InterruptAsync(KcopydProcess.Kill);

        await Ddrescue.CopyAsync(Other, Copy, Map);

        await Files.AssertIdenticalAsync(Ddrescue.Composite(Folder, Source, finished, Other), Copy);
        Assert.True(await Ddrescue.IsDoneAsync(Map));
    }

    [SkippableFact]
    public async Task be_continued_where_ddrescue_left_it()
    {
        Requires.Tools("ddrescue", "ddrescuelog");
        Folder.RandomFile("source", Length, seed: 1);
        Folder.RandomFile("other", Length, seed: 2);
        await Ddrescue.CopyAsync(Source, Copy, Map, "--input-position=2Mi", "--size=3Mi");

        var run = await KcopydProcess.RunAsync("copy", "--mapfile", Map, Other, Copy);

        Assert.True(run.ExitCode == 0, run.ToString());
        var rescued = Enumerable.Range((2 << 20) / 512, (3 << 20) / 512).Select(sector => (long)sector);
        await Files.AssertIdenticalAsync(Ddrescue.Composite(Folder, Source, rescued, Other), Copy);
        Assert.True(await Ddrescue.IsDoneAsync(Map));
    }

    [SkippableFact]
    public async Task record_bad_sectors_for_a_later_run_that_can_read_them()
    {
        Requires.Tools("ddrescuelog");
        var bad = BadDisk.Sectors(Length, 137);
        Folder.RandomFile("source", Length);
        var disk = Own(await BadDisk.ServeAsync(Folder, Source, bad));

        var first = await KcopydProcess.RunAsync("copy", "--io", "direct", "--ignore-errors", "--mapfile", Map, disk.Path, Copy);
        Assert.True(first.ExitCode == 1, first.ToString());
        Assert.Equal(bad, await Ddrescue.SectorsAsync(Map, '-'));
        Assert.Equal(Length / 512 - 137, (await Ddrescue.SectorsAsync(Map, '+')).Count);
        await Files.AssertIdenticalAsync(BadDisk.Expected(Folder, Source, bad), Copy);

        var second = await KcopydProcess.RunAsync("copy", "--io", "direct", "--ignore-errors", "--mapfile", Map, Source, Copy);
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.True(await Ddrescue.IsDoneAsync(Map));
        await Files.AssertIdenticalAsync(Source, Copy);
    }
}
