using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class Ranges_should : CommandSpec
{
    private const int Length = 100_000;

    [Theory]
    [InlineData("0 512\n1024 512\n")]
    [InlineData("1024 512 # comment\n\n0 512")]
    [InlineData("0 100\n50 462\n1024 512\n1024 0")]
    [InlineData("{\"chunkSize\": 512, \"ranges\": [{\"offset\": 1024, \"length\": 512}, {\"offset\": 0, \"length\": 512}]}")]
    [InlineData("1 1\n1100 10\n")]      // whole sectors are copied
    public async Task restrict_a_copy(string ranges)
    {
        var source = Folder.Random("source", Length);
        Folder.Write("copy", new byte[Length]);
        File.WriteAllText(Folder["ranges"], ranges);
        var outcome = await RunAsync("copy", source, Folder["copy"], "--ranges", Folder["ranges"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        var wanted = new byte[Length];
        Folder.Read("source").AsSpan(0, 512).CopyTo(wanted);
        Folder.Read("source").AsSpan(1024, 512).CopyTo(wanted.AsSpan(1024));
        Assert.Equal(wanted, Folder.Read("copy"));
    }

    [Fact]
    public async Task come_from_standard_input_and_go_with_a_map_file()
    {
        Folder.Random("source", Length);
        using var process = HostProcess.Shell(
            $"cd '{Path.GetDirectoryName(Folder["x"])}' && printf '0 4096\\n99000 1000\\n' | KCOPYD copy source copy --ranges - --mapfile map");
        Assert.Equal(0, (await process.EndAsync()).ExitCode);
        Assert.Equal(Folder.Read("source").AsSpan(0, 4096), Folder.Read("copy").AsSpan(0, 4096));
        Assert.Equal(Folder.Read("source").AsSpan(99_000, 1000), Folder.Read("copy").AsSpan(99_000));
        using var reader = File.OpenText(Folder["map"]);
        Assert.Equal(
            [new MapBlock(0, 4096, MapStatus.Finished), new MapBlock(4096, 94_720, MapStatus.NonTried), new MapBlock(98_816, 1184, MapStatus.Finished)],
            MapfileFormat.Read(reader).Blocks);
    }

    [Theory]
    [InlineData("0 512 3", "line 1 is '0 512 3'")]
    [InlineData("0 512\n-1 5", "line 2 is '-1 5'")]
    [InlineData("9223372036854775807 1", "line 1")]
    [InlineData("0 1000000", "reaches to byte 1000000, and the copy ends at byte 100000")]
    [InlineData("{\"bytes\": 1}", "has no array 'ranges'")]
    [InlineData("{\"ranges\": [{\"offset\": 1}]}", "range 1 has no offset and length")]
    [InlineData("{", "is not a list of ranges")]
    public async Task be_refused_where_they_are_none(string ranges, string message)
    {
        var source = Folder.Random("source", Length);
        File.WriteAllText(Folder["ranges"], ranges);
        var outcome = await RunAsync("copy", source, Folder["copy"], "--ranges", Folder["ranges"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Folder["copy"]));
    }

    [Fact]
    public async Task be_less_to_write_where_only_what_differs_is_written()
    {
        var source = Folder.Random("source", 1 << 20);
        Folder.Write("copy", Folder.Read("source"));
        using (var file = File.Open(Folder["copy"], FileMode.Open))
            file.Write(new byte[10_000]);
        var outcome = await RunAsync("copy", source, Folder["copy"], "--overwrite", "--only-different", "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal((1 << 20) - 3 * 4096, outcome.Json.GetProperty("destinations")[0].GetProperty("unchanged").GetInt32());
        Assert.Equal(Folder.Read("source"), Folder.Read("copy"));
        Assert.Contains("1.0 MiB of it unchanged",
            (await RunAsync("copy", source, Folder["copy"], "--overwrite", "--only-different")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task be_left_out_of_a_copy_with_checksums()
    {
        var source = Folder.Random("source", Length);
        var outcome = await RunAsync("copy", source, Folder["a"], Folder["b"], "--checksum", "sha256");
        Assert.Equal(0, outcome.ExitCode);
        foreach (var name in new[] { "source", "a", "b" })
            Assert.Contains(Tool.Run("sha256sum", Folder[name]).TrimEnd(), outcome.Out, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("copy", source, Folder["c"], "--checksum", "sha256", "--ranges", Folder["b"])).ExitCode);
        Assert.Equal(2, (await RunAsync("copy", source, Folder["c"], "--checksum", "md5")).ExitCode);
    }
}
