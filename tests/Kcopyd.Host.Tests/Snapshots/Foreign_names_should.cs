using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

/// <summary>File names that others have chosen and that a store's label holds.</summary>
public sealed class Foreign_names_should : CommandSpec
{
    private const string Evil = "disk\u001B[2J\u202Egmi.img", Shown = "disk?[2J?gmi.img";

    [Fact]
    public async Task be_shown_so_that_no_terminal_obeys_them_and_be_whole_in_json()
    {
        var origin = Folder.Random(Evil, 1 << 20);
        var cow = Folder["cow"];
        Assert.Equal(0, (await RunAsync("snapshot", "create", origin, cow, "--size", "1M")).ExitCode);

        Assert.Contains(Shown, await SaidAsync("snapshot", "list", cow), StringComparison.Ordinal);
        Assert.Contains($"is a snapshot of {Folder[Shown]} (",
            await SaidAsync("snapshot", "status", cow, "--origin", Folder.Random("other", 1 << 20)), StringComparison.Ordinal);
        Assert.Contains($"overlaps SOURCE '{Folder[Shown]}'", await SaidAsync("copy", origin, origin, "--overwrite"), StringComparison.Ordinal);
        Assert.Equal(origin, (await RunAsync("snapshot", "status", cow, "--json")).Json.GetProperty("origin").GetProperty("name").GetString());
        Assert.Equal(Folder[Evil + ".copy"],
            (await RunAsync("copy", origin, Folder[Evil + ".copy"], "--json")).Json.GetProperty("destinations")[0].GetProperty("path").GetString());
    }

    private static async Task<string> SaidAsync(params string[] args)
    {
        var outcome = await RunAsync(args);
        Assert.DoesNotContain('\u001B', outcome.Out + outcome.Error);
        Assert.DoesNotContain('\u202E', outcome.Out + outcome.Error);
        return outcome.Out + outcome.Error;
    }
}
