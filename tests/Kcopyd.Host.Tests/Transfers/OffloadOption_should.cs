using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class OffloadOption_should : CommandSpec
{
    private const int Length = 1 << 20;

    [Fact]
    public async Task say_what_was_spared_in_both_reports()
    {
        Sparse("source");
        var json = await RunAsync("copy", Folder["source"], Folder["a"], Folder["b"], "--json");
        Assert.Equal(2 * (Length - 65536), json.Json.GetProperty("offloaded").GetProperty("holes").GetInt64());
        var text = await RunAsync("copy", Folder["source"], Folder["c"]);
        Assert.Contains(", including 960.0 KiB holes", text.Out, StringComparison.Ordinal);
        var several = await RunAsync("copy", Folder["source"], Folder["d"], Folder["e"]);
        Assert.Contains(", of 2.0 MiB in total: 1.9 MiB holes", several.Out, StringComparison.Ordinal);
        Assert.Equal(Folder.Read("source"), Folder.Read("e"));
    }

    [Theory]
    [InlineData("none", 0)]
    [InlineData("reflink,write-zeroes", 0)]
    [InlineData("holes", Length - 65536)]
    public async Task allow_what_it_names_and_nothing_else(string names, long holes)
    {
        Sparse("source");
        var outcome = await RunAsync("copy", Folder["source"], Folder["a"], "--offload", names, "--json");
        Assert.Equal(holes, outcome.Json.GetProperty("offloaded").GetProperty("holes").GetInt64());
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
    }

    [Theory]
    [InlineData("hole")]
    [InlineData("none,holes")]
    [InlineData("holes,")]
    public async Task refuse_what_is_no_name(string names)
    {
        var outcome = await RunAsync("copy", "/dev/zero@0+1M", Folder["a"], "--offload", names);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"--offload {names}:", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("server-copy", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Folder["a"]));
    }

    private void Sparse(string name)
    {
        using var file = File.Create(Folder[name]);
        file.SetLength(Length);
        file.Position = 512 << 10;
        file.Write([.. Enumerable.Repeat((byte)1, 65536)]);
        file.Flush(flushToDisk: true);
    }
}
