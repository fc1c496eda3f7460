using Xunit;

namespace Kcopyd.Host.Tests.Mapfiles;

public sealed class MapfileStore_should : CommandSpec
{
    [Theory]
    [InlineData("640")]
    [InlineData("666")]
    public async Task keep_the_mode_of_the_file(string mode)
    {
        var map = Folder.Write("map", []);
        Tool.Run("chmod", mode, map);
        await CopyAsync(map);
        Assert.Equal(mode, Tool.Run("stat", "--format=%a", map).Trim());
    }

    [Fact]
    public async Task follow_symbolic_links_also_to_a_file_that_does_not_exist_yet()
    {
        File.CreateSymbolicLink(Folder["link"], Folder["map"]);
        await CopyAsync(Folder["link"]);
        Assert.Equal(Folder["map"], File.ResolveLinkTarget(Folder["link"], returnFinalTarget: true)!.FullName);
        Assert.Contains("0x00000000  0x00002710  +", File.ReadAllText(Folder["map"]), StringComparison.Ordinal);
        File.Delete(Folder["copy"]);
        File.Delete(Folder["map"]);
        File.WriteAllText(Folder["map"], "");
        await CopyAsync(Folder["link"]);
        Assert.NotNull(File.ResolveLinkTarget(Folder["link"], returnFinalTarget: false));
    }

    [Fact]
    public async Task write_a_file_of_several_names_in_place()
    {
        var map = Folder.Write("map", []);
        Tool.Run("ln", map, Folder["other"]);
        await CopyAsync(map);
        Assert.Equal("2", Tool.Run("stat", "--format=%h", map).Trim());
        Assert.Contains("0x00000000  0x00002710  +", File.ReadAllText(Folder["other"]), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task write_a_file_of_another_owner_in_place()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root for chown");
        var map = Folder.Write("map", []);
        Tool.Run("chown", "nobody", map);
        await CopyAsync(map);
        Assert.Equal("nobody", Tool.Run("stat", "--format=%U", map).Trim());
        Assert.Contains("0x00000000  0x00002710  +", File.ReadAllText(map), StringComparison.Ordinal);
    }

    [Fact]
    public async Task refuse_a_pipe_at_once()
    {
        Tool.Run("mkfifo", Folder["pipe"]);
        var outcome = await RunAsync("copy", Folder.Random("source", 10_000), Folder["copy"], "--mapfile", Folder["pipe"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"--mapfile '{Folder["pipe"]}' is not a regular file", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task refuse_what_is_too_large_or_no_text_without_reading_it_into_memory()
    {
        var source = Folder.Random("source", 10_000);
        using (var huge = File.Create(Folder["huge"]))
            huge.SetLength(1L << 40);
        Folder.Write("zeroes", new byte[100 << 20]);
        foreach (var (name, message) in new[]
        {
            ("huge", "it has 1099511627776 bytes, and a map has at most 134217728"),
            ("zeroes", "line 1 has more than 65536 characters"),
        })
        {
            var outcome = await RunAsync("copy", source, Folder["copy"], "--mapfile", Folder[name]);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(Folder["copy"]));
    }

    private async Task CopyAsync(string map)
    {
        var outcome = await RunAsync("copy", Folder.Random("source", 10_000), Folder["copy"], "--mapfile", map);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(Folder.Read("source"), Folder.Read("copy"));
    }
}
