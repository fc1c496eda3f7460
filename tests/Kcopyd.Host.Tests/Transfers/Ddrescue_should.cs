using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

/// <summary>GNU ddrescue checks the map files.</summary>
public sealed class Ddrescue_should : CommandSpec
{
    private const int Length = 300_001;

    [SkippableFact]
    public async Task accept_the_map_of_a_whole_copy()
    {
        Tool.Need("ddrescuelog", "gddrescue");
        var source = Folder.Random("source", Length);
        await RunAsync("copy", source, Folder["copy"], "--mapfile", Folder["map"]);
        Tool.Run("ddrescuelog", "--done-status", Folder["map"]);     // exits with 0 only if everything is finished
    }

    [SkippableFact]
    public async Task continue_our_copy()
    {
        Tool.Need("ddrescue", "gddrescue");
        var source = Folder.Random("source", Length);
        await RunAsync("copy", "@0+64K:" + source, Folder["copy"], "--mapfile", Folder["map"]);
        Assert.Equal(64 << 10, Folder.Read("copy").Length);
        Tool.Run("ddrescue", "--quiet", source, Folder["copy"], Folder["map"]);
        Assert.Equal(Folder.Read("source"), Folder.Read("copy"));
        Tool.Run("ddrescuelog", "--done-status", Folder["map"]);
    }

    [SkippableFact]
    public async Task retry_what_we_found_unreadable()
    {
        Tool.Need("ddrescue", "gddrescue");
        await RunAsync("copy", "/dev/null@0+64K", Folder["copy"], "--ignore-errors", "--mapfile", Folder["map"]);
        var source = Folder.Random("source", 64 << 10);
        Tool.Run("ddrescue", "--quiet", "--retry-passes=1", source, Folder["copy"], Folder["map"]);
        Assert.Equal(Folder.Read("source"), Folder.Read("copy"));
    }

    [SkippableFact]
    public async Task be_continued_by_us()
    {
        Tool.Need("ddrescue", "gddrescue");
        var source = Folder.Random("source", Length);
        Tool.Run("ddrescue", "--quiet", "--input-position=100001", "--size=50001", source, Folder["copy"], Folder["map"]);
        var outcome = await RunAsync("copy", source, Folder["copy"], "--mapfile", Folder["map"], "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.InRange(outcome.Json.GetProperty("bytes").GetInt32(), Length - 50_001, Length - 50_001 + 1024);
        Assert.Equal(Folder.Read("source"), Folder.Read("copy"));
        Tool.Run("ddrescuelog", "--done-status", Folder["map"]);
    }
}
