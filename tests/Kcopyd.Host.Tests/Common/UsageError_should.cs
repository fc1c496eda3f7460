using Xunit;

namespace Kcopyd.Host.Tests.Common;

public sealed class UsageError_should : CommandSpec
{
    [Theory]
    [InlineData("DEST", "copy", "{source}")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("--rate 0: must be", "copy", "{source}", "{new}", "--rate", "0")]
    [InlineData("--rate fast: must be", "copy", "{source}", "{new}", "--rate", "fast")]
    [InlineData("--throttle 101: must be", "copy", "{source}", "{new}", "--throttle", "101")]
    [InlineData("--subjob 5000: must be", "copy", "{source}", "{new}", "--subjob", "5000")]
    [InlineData("--subjob 2M: must be", "copy", "{source}", "{new}", "--subjob", "2M")]
    [InlineData("Must be one of", "copy", "{source}", "{new}", "--io", "fast")]
    [InlineData("DEST '{new}@5': START 5 is not a multiple", "copy", "{source}", "{new}@5")]
    [InlineData("SOURCE '{new}' does not exist", "copy", "{new}", "{other}")]
    [InlineData("SOURCE '{source}' has 10000 bytes", "copy", "{source}@16K", "{new}")]
    [InlineData("SOURCE '{source}' has 10000 bytes", "copy", "{source}@512+16K", "{new}")]
    [InlineData("SOURCE '/dev/zero' has no size", "copy", "/dev/zero", "{new}")]
    [InlineData("DEST '{new}' is 512 bytes long", "copy", "{source}@0+1K", "{new}@0+512")]
    [InlineData("DEST 2 '/nowhere/x' cannot be created", "copy", "{source}", "{new}", "/nowhere/x")]
    [InlineData("DEST 2 '{source}' overlaps SOURCE", "copy", "{source}", "{new}", "{source}")]
    [InlineData("DEST 2 '{new}' overlaps DEST 1", "copy", "{source}", "{new}", "{new}")]
    [InlineData("DEST '{source}' is the same file as SOURCE", "copy", "{source}@0+512", "{source}@16K", "--truncate")]
    [InlineData("DEST 2 '/': '/' is neither", "copy", "{source}", "{new}", "/")]
    [InlineData("DEST 2 '/dev/null' cannot be read back", "copy", "{source}", "{new}", "/dev/null", "--verify")]
    [InlineData("--mapfile '{source}' is SOURCE", "copy", "{source}", "{new}", "--mapfile", "{source}")]
    [InlineData("--mapfile '{other}' is not a ddrescue map file: line 1", "copy", "{source}", "{new}", "--mapfile", "{other}")]
    [InlineData("--mapfile '/nowhere/map' cannot be written", "copy", "{source}", "{new}", "--mapfile", "/nowhere/map")]
    [InlineData("DEST '{new}' does not exist; to create it, say how long: '{new}@0+LENGTH'", "zero", "{new}")]
    [InlineData("DEST 2 '{source}' has 10000", "zero", "{other}", "{source}")]
    [InlineData("DEST '/dev/null' has no size", "zero", "/dev/null")]
    public async Task exit_with_2_name_what_is_wrong_and_change_nothing(string message, params string[] args)
    {
        Folder.Random("source", 10_000);
        Folder.Write("other", "something else\n"u8.ToArray());
        var before = Folder.Names.Select(name => (name, Convert.ToHexString(Folder.Read(name)))).ToArray();
        var outcome = await RunAsync([.. args.Select(InFolder)]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(InFolder(message), outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Out);
        Assert.Equal(before, Folder.Names.Select(name => (name, Convert.ToHexString(Folder.Read(name)))));
    }

    [Fact]
    public async Task leave_no_new_file_behind_when_a_later_one_cannot_be_created()
    {
        var source = Folder.Random("source", 10_000);
        var outcome = await RunAsync("copy", source, Folder["new"], Folder[new string('x', 300)]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("DEST 2", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["source"], Folder.Names);
    }

    private string InFolder(string text) => text
        .Replace("{source}", Folder["source"], StringComparison.Ordinal)
        .Replace("{other}", Folder["other"], StringComparison.Ordinal)
        .Replace("{new}", Folder["new"], StringComparison.Ordinal);
}
