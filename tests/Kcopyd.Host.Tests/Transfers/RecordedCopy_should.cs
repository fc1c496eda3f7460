using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class RecordedCopy_should : CommandSpec
{
    private const int Length = 5_000_001;

    [Fact]
    public async Task record_a_whole_copy_as_finished()
    {
        var source = Folder.Random("source", Length);
        Assert.Equal(0, (await RunAsync("copy", source, Folder["a"], Folder["b"], "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal([new MapBlock(0, Length, MapStatus.Finished)], Map());
        Assert.Equal(["a", "b", "map", "source"], Folder.Names);
    }

    [Fact]
    public async Task copy_only_what_is_not_finished()
    {
        var source = Folder.Random("source", Length);
        var copy = Folder.Write("a", new byte[Length]);
        WriteMap("0x0 ? 1", "0 1048576 +", "1048576 1000 *", "1049576 3000 -", "1052576 947424 +", "2000000 100 /", "2000100 2999901 +");
        var outcome = await RunAsync("copy", source, copy, "--mapfile", Folder["map"], "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("resuming", outcome.Error, StringComparison.Ordinal);

        // Whole sectors around the unfinished ranges; everywhere else the zeroes that the map reports as copied.
        var wanted = new byte[Length];
        foreach (var (start, end) in new[] { (1048576, 1052672), (1999872, 2000384) })
            Folder.Read("source").AsSpan(start, end - start).CopyTo(wanted.AsSpan(start));
        Assert.Equal(wanted, Folder.Read("a"));
        Assert.Equal([new MapBlock(0, Length, MapStatus.Finished)], Map());
    }

    [Fact]
    public async Task finish_a_partial_map_to_the_last_odd_byte()
    {
        var source = Folder.Random("source", Length);
        File.WriteAllBytes(Folder["a"], [.. Folder.Read("source").Take(1 << 20), .. new byte[Length - (1 << 20)]]);
        WriteMap("0x0 ? 1", "0 1048576 +");
        Assert.Equal(0, (await RunAsync("copy", source, Folder["a"], "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
        Assert.Equal([new MapBlock(0, Length, MapStatus.Finished)], Map());
    }

    [Fact]
    public async Task leave_the_map_outside_of_the_region_alone()
    {
        var source = Folder.Random("source", Length);
        WriteMap("0x0 ? 1", "0 512 -", "512 512 ?");
        Assert.Equal(0, (await RunAsync("copy", "@64K+64K:" + source, Folder["a"], "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(
            [
                new MapBlock(0, 512, MapStatus.BadSector),
                new MapBlock(512, 65536 - 512, MapStatus.NonTried),
                new MapBlock(65536, 65536, MapStatus.Finished),
                new MapBlock(131072, Length - 131072, MapStatus.NonTried),
            ],
            Map());
    }

    [Fact]
    public async Task not_record_what_one_of_several_destinations_missed()
    {
        var source = Folder.Random("source", Length);
        Assert.Equal(1, (await RunAsync("copy", source, Folder["a"], "/dev/full", "--ignore-errors", "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
        Assert.Equal([new MapBlock(0, Length, MapStatus.NonTried)], Map());
    }

    [Fact]
    public async Task try_unreadable_ranges_again()
    {
        var source = Folder.Random("source", 4096);
        Folder.Write("a", new byte[4096]);
        WriteMap("0x0 ? 1", "0 4096 -");
        Assert.Equal(0, (await RunAsync("copy", source, Folder["a"], "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
        Assert.Equal([new MapBlock(0, 4096, MapStatus.Finished)], Map());
    }

    [Fact]
    public async Task stop_when_the_source_is_gone_and_leave_the_rest_untried_and_unwritten()
    {
        // The source ends before it begins.
        var outcome = await RunAsync("copy", "/dev/null@0+4K", Folder["a"], "--ignore-errors", "--retries", "3", "--mapfile", Folder["map"], "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal([new MapBlock(0, 4096, MapStatus.NonTried)], Map());
        Assert.Empty(outcome.Json.GetProperty("unreadable").EnumerateArray());
        Assert.Single(outcome.Error.Split("read failed at sector 0: the device ended")[1..]);
    }

    [Fact]
    public async Task keep_the_map_when_a_read_error_ends_the_run()
    {
        WriteMap("0x0 ? 1", "0 512 +", "512 512 -", "1024 3072 ?");
        Folder.Write("a", new byte[4096]);
        var outcome = await RunAsync("copy", "/dev/null@0+4K", Folder["a"], "--mapfile", Folder["map"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(
            [new MapBlock(0, 512, MapStatus.Finished), new MapBlock(512, 512, MapStatus.BadSector), new MapBlock(1024, 3072, MapStatus.NonTried)], Map());
    }

    [Fact]
    public async Task try_what_was_never_tried_before_what_failed()
    {
        WriteMap("0x0 ? 1", "0 4096 -", "4096 4096 ?");
        var outcome = await RunAsync("copy", "/dev/null@0+8K", Folder["a"], "--mapfile", Folder["map"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("read failed at sector 8", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--retries", "1")]
    [InlineData("--retries", "1001", "--ignore-errors")]
    [InlineData("--retries", "-1", "--ignore-errors")]
    [InlineData("--retries", "1", "--ignore-errors", "--sequential")]
    [InlineData("--reverse", "--sequential")]
    public async Task refuse_options_that_do_not_go_together(params string[] options)
    {
        var outcome = await RunAsync(["copy", Folder.Random("source", 4096), Folder["a"], .. options]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(["source"], Folder.Names);
    }

    [Fact]
    public async Task report_an_interruption_between_two_runs_and_record_nothing_wrong()
    {
        var source = Folder.Random("source", Length);
        using var interrupted = new CancellationTokenSource();
        await interrupted.CancelAsync();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await KcopydCommand.RunAsync(["copy", source, Folder["a"], "--mapfile", Folder["map"]],
            new CommandConsole(output, error, false), interrupted.Token);
        Assert.Equal(130, exitCode);
        Assert.Equal([new MapBlock(0, Length, MapStatus.NonTried)], Map());
        Assert.Equal(0, (await RunAsync("copy", source, Folder["a"], "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
    }

    [Theory]
    [InlineData("does not exist", 0, "")]
    [InlineData("is shorter than that", 1000, "")]
    [InlineData("would be emptied by --truncate", Length, "--truncate")]
    public async Task refuse_a_map_of_data_that_the_destination_cannot_have(string reason, int size, string option)
    {
        var source = Folder.Random("source", Length);
        if (size > 0)
            Folder.Random("a", size);
        WriteMap("0x0 ? 1", "0 1048576 +");
        var outcome = await RunAsync(["copy", source, Folder["a"], "--mapfile", Folder["map"], .. option.Length == 0 ? Array.Empty<string>() : [option]]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task refuse_the_map_of_a_larger_source()
    {
        var source = Folder.Random("source", 1000);
        WriteMap("0x0 ? 1", "0 1048576 +");
        var outcome = await RunAsync("copy", source, Folder["a"], "--mapfile", Folder["map"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("map of another source", outcome.Error, StringComparison.Ordinal);
    }

    private void WriteMap(params string[] lines) => File.WriteAllLines(Folder["map"], lines);

    private IReadOnlyList<MapBlock> Map()
    {
        using var reader = File.OpenText(Folder["map"]);
        return MapfileFormat.Read(reader).Blocks;
    }
}
