using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class CompareCommand_should : CommandSpec
{
    [Fact]
    public async Task find_equal_what_is_equal()
    {
        var (a, b) = (Folder.Random("a", 3_000_001), Folder.Random("b", 3_000_001));
        var outcome = await RunAsync("compare", a, b, a);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains($"{b}: identical", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(Folder.Read("a"), Folder.Read("b"));
    }

    [Fact]
    public async Task name_the_first_difference_and_every_range()
    {
        var a = Folder.Random("a", 300 << 20);      // spans several windows
        Tool.Run("cp", "--sparse=always", a, Folder["b"]);
        Change("b", 1000, (64 << 20) - 1, 64 << 20, (300 << 20) - 1);
        var outcome = await RunAsync("compare", a, Folder["b"]);
        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains($"{Folder["b"]}: differs from byte 512 on: 2048 bytes in 3 ranges\n    512 512\n    67108352 1024\n    314572288 512",
            outcome.Out, StringComparison.Ordinal);

        outcome = await RunAsync("compare", a, Folder["b"], "--list");
        Assert.Equal((1, "512 512\n67108352 1024\n314572288 512\n"), (outcome.ExitCode, outcome.Out));

        var json = (await RunAsync("compare", a, Folder["b"], "--json")).Json;
        Assert.Equal(("different", 2048), (json.GetProperty("verdict").GetString(), json.GetProperty("others")[0].GetProperty("differentBytes").GetInt32()));
        Assert.Equal([512, 67108352, 314572288], json.GetProperty("ranges").EnumerateArray().Select(static range => range.GetProperty("offset").GetInt64()));

        outcome = await RunAsync("compare", a, Folder["b"], "--first");
        Assert.Contains($"{Folder["b"]}: differs from byte 512 on", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(1, outcome.ExitCode);
    }

    [Theory]
    [InlineData(1000, 2000, "1000 bytes longer")]
    [InlineData(2000, 1000, "1000 bytes shorter")]
    [InlineData(0, 1, "1 bytes longer")]
    public async Task tell_a_longer_file_from_an_equal_one(int a, int b, string message)
    {
        Folder.Write("b", [.. File.ReadAllBytes(Folder.Random("a", Math.Max(a, b))).Take(b)]);
        File.WriteAllBytes(Folder["a"], [.. Folder.Read("a").Take(a)]);
        var outcome = await RunAsync("compare", Folder["a"], Folder["b"]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"{Folder["b"]}: {message}", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task compare_regions()
    {
        var a = Folder.Random("a", 10_000);
        Folder.Write("b", [.. new byte[512], .. Folder.Read("a").Skip(1024).Take(4096)]);
        Assert.Equal(0, (await RunAsync("compare", $"@1K+4K:{a}", $"@512:{Folder["b"]}")).ExitCode);
    }

    [Fact]
    public async Task print_checksums()
    {
        var (a, b) = (Folder.Random("a", 100_000), Folder.Random("b", 100_000, seed: 2));
        var outcome = await RunAsync("compare", a, b, "--checksum", "sha256");
        foreach (var path in new[] { a, b })
            Assert.Contains(Tool.Run("sha256sum", path).TrimEnd(), outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task give_a_copy_the_ranges_that_make_both_equal()
    {
        var a = Folder.Random("a", 1 << 20);
        Tool.Run("cp", a, Folder["b"]);
        Change("b", 5000, 500_000, (1 << 20) - 1);
        var list = await RunAsync("compare", a, Folder["b"], "--list");
        File.WriteAllText(Folder["list"], list.Out);
        var copy = await RunAsync("copy", a, Folder["b"], "--ranges", Folder["list"], "--json");
        Assert.Equal((0, 1536), (copy.ExitCode, copy.Json.GetProperty("bytes").GetInt32()));
        Assert.Equal(Folder.Read("a"), Folder.Read("b"));
    }

    [Theory]
    [InlineData("--list takes one B", "compare", "{a}", "{a}", "{a}", "--list")]
    [InlineData("--list and --json", "compare", "{a}", "{a}", "--list", "--json")]
    [InlineData("B '{none}' does not exist", "compare", "{a}", "{none}")]
    [InlineData("A '-' is a stream", "compare", "-", "{a}")]
    [InlineData("B '/dev/null' stores nothing", "compare", "{a}", "/dev/null")]
    [InlineData("A '{a}' has 1000 bytes; 2048+0 reaches past its end", "compare", "@2K:{a}", "{a}")]
    [InlineData("'--overwrite' is not an option of 'compare'", "compare", "{a}", "{a}", "--overwrite")]
    public async Task be_refused_with_the_reason(string message, params string[] args)
    {
        Folder.Random("a", 1000);
        var outcome = await RunAsync([.. args.Select(InFolder)]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(InFolder(message), outcome.Error, StringComparison.Ordinal);
    }

    private string InFolder(string text) =>
        text.Replace("{a}", Folder["a"], StringComparison.Ordinal).Replace("{none}", Folder["none"], StringComparison.Ordinal);

    private void Change(string name, params long[] bytes)
    {
        using var file = File.Open(Folder[name], FileMode.Open);
        foreach (var at in bytes)
        {
            file.Position = at;
            var value = file.ReadByte();
            file.Position = at;
            file.WriteByte((byte)(value ^ 1));
        }
    }
}
