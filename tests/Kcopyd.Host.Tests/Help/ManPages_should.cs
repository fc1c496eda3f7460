using Xunit;

namespace Kcopyd.Host.Tests.Help;

public sealed class ManPages_should : CommandSpec
{
    [Fact]
    public async Task be_one_for_each_command_with_all_its_options()
    {
        await WriteAsync();
        Assert.Equal(Pages.All.Select(static page => page.FileName + ".1").Order(), Directory.GetFiles(Folder["man"]).Select(Path.GetFileName).Order()!);
        foreach (var page in Pages.All)
        {
            var text = await File.ReadAllTextAsync(Folder[$"man/{page.FileName}.1"]);
            Assert.All(page.OptionNames(), name => Assert.Contains(name.Replace("-", "\\-", StringComparison.Ordinal), text, StringComparison.Ordinal));
        }
    }

    [SkippableFact]
    public async Task have_nothing_that_mandoc_warns_of()
    {
        Tool.Need("mandoc", "mandoc");
        await WriteAsync();
        foreach (var page in Pages.All)
            Assert.Empty(Tool.Run("mandoc", "-T", "lint", "-W", "warning", Folder[$"man/{page.FileName}.1"]));
    }

    [SkippableFact]
    public async Task read_like_the_help()
    {
        Tool.Need("man", "man-db");
        await WriteAsync();
        var text = Tool.Run("env", "MANWIDTH=200", "LC_ALL=C", "man", "-P", "cat", "-l", Folder["man/kcopyd-copy.1"]);
        Assert.Contains("--offload NAME,...|none", text, StringComparison.Ordinal);
        Assert.Contains("kcopyd copy @1M+64K:disk.img patch.img --verify", text, StringComparison.Ordinal);
        Assert.Contains("kcopyd-snapshot-create(1)", text, StringComparison.Ordinal);
        Assert.Contains("EXIT STATUS", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_where_they_cannot_be_written()
    {
        Folder.Write("file", []);
        var outcome = await RunAsync("man", Folder["file"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"DIR '{Folder["file"]}'", outcome.Error, StringComparison.Ordinal);
    }

    private async Task WriteAsync() =>
        Assert.Equal((0, ""), (await RunAsync("man", Folder["man"])) is var outcome ? (outcome.ExitCode, outcome.Error) : default);
}
