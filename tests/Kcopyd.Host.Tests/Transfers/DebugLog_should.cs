using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

/// <summary>What <c>--log-level debug</c> reports about the engine, the path of the I/O, and the I/O that was avoided.</summary>
public sealed class DebugLog_should : CommandSpec
{
    private const string Engine = @"I/O engine: (io_uring, for transfers|threads, which block)";

    [Fact]
    public async Task say_which_engine_path_and_offload_were_taken_and_why()
    {
        using (var file = File.Create(Folder["source"]))
        {
            file.SetLength(8 << 20);
            file.Position = 4 << 20;
            file.Write(new byte[] { 1 });
        }
        var error = await RunToItsEndAsync("copy", Folder["source"], Folder["copy"], "--log-level", "debug", "--offload", "reflink,holes");
        Assert.Contains($"SOURCE '{Folder["source"]}': a file of {8 << 20} bytes, read only: I/O through the page cache, as for every file.",
            error, StringComparison.Ordinal);
        Assert.Contains($"DEST '{Folder["copy"]}': a file of ", error, StringComparison.Ordinal);
        Assert.Matches(Engine, error);
        Assert.Contains("offload: reflink, holes may be used.", error, StringComparison.Ordinal);
        Assert.Contains($"{Folder["source"]}: holes are looked for.", error, StringComparison.Ordinal);
        Assert.Matches(@"bytes by .*holes: \d+", error);
    }

    [Fact]
    public async Task say_why_nothing_is_shared()
    {
        var source = Folder.Random("source", 1 << 20);
        Assert.Contains("/copy: it is copied: --sequential keeps an order.",
            await RunToItsEndAsync("copy", source, Folder["copy"], "--log-level=debug", "--sequential"), StringComparison.Ordinal);
        Assert.Contains("/dev/null: it is copied: source and destination are not both files.",
            await RunToItsEndAsync("copy", source, "/dev/null", "--log-level=debug"), StringComparison.Ordinal);
        Assert.Contains("offload: none may be used.",
            await RunToItsEndAsync("copy", source, Folder["other"], "--log-level=debug", "--offload", "none"), StringComparison.Ordinal);
        Assert.Contains("zeroes are left to the device, or to its file system.",
            await RunToItsEndAsync("zero", source, "--log-level=debug"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_it_of_snapshots()
    {
        var origin = Folder.Random("origin", 1 << 20);
        var error = await RunToItsEndAsync("snapshot", "create", origin, Folder["cow"], "--size", "1M", "--log-level", "debug");
        Assert.Contains($"COW '{Folder["cow"]}': a file of ", error, StringComparison.Ordinal);
        Assert.Matches(Engine, error);
        Assert.Contains($"COW '{Folder["cow"]}': a file of {1 << 20} bytes, read only: I/O through the page cache",
            await RunToItsEndAsync("snapshot", "status", Folder["cow"], "--log-level", "debug"), StringComparison.Ordinal);
        Assert.Equal("", await RunToItsEndAsync("snapshot", "merge", origin, Folder["cow"], "--progress", "none"));
    }

    [Fact]
    public async Task say_it_of_what_is_served()
    {
        var image = Folder.Random("image", 1 << 20);
        using var served = new HostProcess("serve", image, "--listen", $"unix:{Folder["s"]}", "--log-level", "debug");
        await served.UntilAsync(() => Path.Exists(Folder["s"]));
        served.Signal("INT");
        var outcome = await served.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"FILE '{image}': a file of {1 << 20} bytes: I/O through the page cache, as for every file.", outcome.Error, StringComparison.Ordinal);
        Assert.Matches(Engine, outcome.Error);
    }

    [Fact]
    public async Task be_silent_at_other_levels()
    {
        var source = Folder.Random("source", 1 << 20);
        Assert.DoesNotContain("DBG", await RunToItsEndAsync("copy", source, Folder["copy"], "--progress", "none"), StringComparison.Ordinal);
    }

    private static async Task<string> RunToItsEndAsync(params string[] args)
    {
        using var process = new HostProcess(args);
        var outcome = await process.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        return outcome.Error;
    }
}
