using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class ZeroCommand_should : CommandSpec
{
    [Fact]
    public async Task zero_a_whole_file_of_any_length()
    {
        var file = Folder.Random("file", 1_000_001);
        var outcome = await RunAsync("zero", file, "--json");
        Assert.Equal((0, 0UL), (outcome.ExitCode, outcome.WriteErrors));
        Assert.Equal(new byte[1_000_001], Folder.Read("file"));
    }

    [Fact]
    public async Task zero_a_region_and_nothing_else()
    {
        var file = Folder.Random("file", 10_000);
        byte[] wanted = [.. Folder.Read("file").Take(1024), .. new byte[4096], .. Folder.Read("file").Skip(5120)];
        Assert.Equal(0, (await RunAsync("zero", "@1K+4K:" + file)).ExitCode);
        Assert.Equal(wanted, Folder.Read("file"));
    }

    [Fact]
    public async Task create_a_file_of_the_length_given_beside_one_without()
    {
        Assert.Equal(0, (await RunAsync("zero", "@0+8K:" + Folder["a"], Folder["b"])).ExitCode);
        Assert.Equal(new byte[8192], Folder.Read("a"));
        Assert.Equal(new byte[8192], Folder.Read("b"));
    }

    [Fact]
    public async Task zero_files_of_one_odd_length_beside_a_device_without_any()
    {
        var (a, b) = (Folder.Random("a", 1001), Folder.Random("b", 1001));
        Assert.Equal(0, (await RunAsync("zero", a, "/dev/null", b)).ExitCode);
        Assert.Equal(new byte[1001], Folder.Read("a"));
        Assert.Equal(new byte[1001], Folder.Read("b"));
    }

    [Fact]
    public async Task refuse_files_of_different_lengths_and_touch_neither()
    {
        var (a, b) = (Folder.Random("a", 1001), Folder.Random("b", 1002));
        var (before, behind) = (Folder.Read("a"), Folder.Read("b"));
        var outcome = await RunAsync("zero", a, b);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("1001 bytes", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("1002; give them the same +LENGTH, or zero them one by one", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, Folder.Read("a"));
        Assert.Equal(behind, Folder.Read("b"));
    }

    [Fact]
    public async Task report_the_bit_of_what_fails()
    {
        var outcome = await RunAsync("zero", "@0+8K:" + Folder["a"], "/dev/full", "--ignore-errors", "--json");
        Assert.Equal((1, 0b10UL), (outcome.ExitCode, outcome.WriteErrors));
        Assert.Equal(new byte[8192], Folder.Read("a"));
    }

    [Fact]
    public async Task record_what_is_zeroed_in_a_map_file()
    {
        var file = Folder.Random("file", 10_000);
        Assert.Equal(0, (await RunAsync("zero", file, "--mapfile", Folder["map"])).ExitCode);
        using var map = File.OpenText(Folder["map"]);
        Assert.Equal([new MapBlock(0, 10_000, MapStatus.Finished)], MapfileFormat.Read(map).Blocks);
    }
}
