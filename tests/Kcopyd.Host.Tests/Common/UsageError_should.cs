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
    [InlineData("DEST '@5:{new}': START 5 is not a multiple", "copy", "{source}", "@5:{new}")]
    [InlineData("SOURCE '{new}' does not exist", "copy", "{new}", "{other}")]
    [InlineData("SOURCE '{source}' has 10000 bytes", "copy", "@16K:{source}", "{new}")]
    [InlineData("SOURCE '{source}' has 10000 bytes", "copy", "@512+16K:{source}", "{new}")]
    [InlineData("SOURCE '/dev/zero' has no size", "copy", "/dev/zero", "{new}")]
    [InlineData("DEST '{new}' is 512 bytes long", "copy", "@0+1K:{source}", "@0+512:{new}")]
    [InlineData("DEST 2 '/nowhere/x' cannot be created", "copy", "{source}", "{new}", "/nowhere/x")]
    [InlineData("DEST 2 '{source}' overlaps SOURCE", "copy", "{source}", "{new}", "{source}")]
    [InlineData("DEST 2 '{new}' overlaps DEST 1", "copy", "{source}", "{new}", "{new}")]
    [InlineData("DEST '{source}' is the same file as SOURCE", "copy", "@0+512:{source}", "@16K:{source}", "--truncate")]
    [InlineData("DEST 2 '/' is a directory", "copy", "{source}", "{new}", "/")]
    [InlineData("DEST 2 '/dev/null' cannot be read back", "copy", "{source}", "{new}", "/dev/null", "--verify")]
    [InlineData("--mapfile '{source}' is SOURCE", "copy", "{source}", "{new}", "--mapfile", "{source}")]
    [InlineData("--mapfile '{other}' is not a ddrescue map file: line 1", "copy", "{source}", "{new}", "--mapfile", "{other}")]
    [InlineData("--mapfile '/nowhere/map' cannot be created: there is no directory '/nowhere'", "copy", "{source}", "{new}", "--mapfile", "/nowhere/map")]
    [InlineData("DEST '{new}' does not exist; to create it, say how long: '@0+LENGTH:{new}'", "zero", "{new}")]
    [InlineData("DEST 2 '{source}' has 10000", "zero", "{other}", "{source}")]
    [InlineData("DEST '/dev/null' has no size", "zero", "/dev/null")]
    [InlineData("--mapfile '{new}' is DEST", "copy", "{source}", "{new}", "--mapfile", "{new}")]
    [InlineData("--mapfile '{folder}/./new' is DEST", "copy", "{source}", "{new}", "--mapfile", "{folder}/./new")]
    [InlineData("--mapfile '/dev/null' is not a regular file", "copy", "{source}", "{new}", "--mapfile", "/dev/null")]
    [InlineData("--mapfile '{folder}' is not a regular file", "copy", "{source}", "{new}", "--mapfile", "{folder}")]
    [InlineData("--mapfile is empty", "copy", "{source}", "{new}", "--mapfile", "")]
    [InlineData("DEST '{other}' exists and holds 15 B. To overwrite it in place: --overwrite; to empty it first: --truncate.", "copy", "{source}", "{other}")]
    [InlineData("DEST 2 '{other}' exists and holds 15 B", "copy", "{source}", "{new}", "{other}")]
    [InlineData("DEST '{new}@2048' could be a region or a name. For the region, write '@2048:{new}'; for a file of that name, '@0:{new}@2048'",
        "copy", "{source}", "{new}@2048")]
    [InlineData("DEST '/dev/sdz1' does not exist, and no file is created among the devices in /dev", "copy", "{source}", "/dev/sdz1")]
    [InlineData("--mapfile '/dev/map' does not exist, and no file is created among the devices in /dev", "copy", "{source}", "{new}", "--mapfile", "/dev/map")]
    [InlineData("'--verfy' is not an option of 'copy'. Did you mean '--verify'? For a file of that name, write './--verfy'.",
        "copy", "{source}", "{new}", "--verfy")]
    [InlineData("'-v' is not an option of 'copy'.", "copy", "{source}", "{new}", "-v")]
    [InlineData("'--json=yes' is not an option of 'copy'. '--json' takes no value.", "copy", "{source}", "{new}", "--json=yes")]
    [InlineData("'--trunkate' is not an option of 'zero'. Did you mean '--truncate'?", "zero", "{new}", "--trunkate")]
    [InlineData("'--read-onyl' is not an option of 'serve'. Did you mean '--read-only'?", "serve", "{source}", "--read-onyl")]
    [InlineData("--mapfile '--verfy': that looks like an option. To give it as the value, write '--mapfile=--verfy'.",
        "copy", "{source}", "{new}", "--mapfile", "--verfy")]
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

    [Fact]
    public async Task take_a_name_that_begins_with_a_dash_after_two_dashes_and_the_value_true_as_an_operand()
    {
        Folder.Random("source", 10_000);
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Path.GetDirectoryName(Folder["x"])!;
        try
        {
            Assert.Equal(0, (await RunAsync("copy", "--json", "source", "true", "--", "-v", "--verfy")).ExitCode);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
        Assert.Equal(["--verfy", "-v", "source", "true"], Folder.Names);
    }

    [Theory]
    [InlineData("copy", "{source}")]
    [InlineData("copy", "{new}", "{other}")]
    [InlineData("copy", "{source}", "{new}", "--rate", "fast")]
    [InlineData("zero", "{new}")]
    [InlineData("snapshot", "status", "{source}")]
    [InlineData("serve", "{new}")]
    public async Task print_an_object_with_json_too(params string[] args)
    {
        Folder.Random("source", 10_000);
        var outcome = await RunAsync([.. args.Select(InFolder), "--json"]);
        Assert.Equal((2, "refused"), (outcome.ExitCode, outcome.Json.GetProperty("verdict").GetString()));
        Assert.Contains(outcome.Json.GetProperty("error").GetString()!.Split('\n')[0], outcome.Error, StringComparison.Ordinal);
    }

    private string InFolder(string text) => text
        .Replace("{folder}", Path.GetDirectoryName(Folder["x"]), StringComparison.Ordinal)
        .Replace("{source}", Folder["source"], StringComparison.Ordinal)
        .Replace("{other}", Folder["other"], StringComparison.Ordinal)
        .Replace("{new}", Folder["new"], StringComparison.Ordinal);
}
