using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

public sealed class SnapshotProcess_should : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Cow => _folder["cow"];

    [Fact]
    public async Task tell_the_whole_story_with_processes_of_their_own()
    {
        var origin = _folder.Random("origin", 4 << 20);
        var frozen = _folder.Read("origin");
        await DoAsync("create", origin, Cow, "--size", "16M");
        await DoAsync("write", origin, Cow, "--to-origin", "--at", "123456", "--from", _folder.Random("bytes", 1_000_000, seed: 2));
        Assert.Equal("snapshot 1976/32768 16", (await DoAsync("status", Cow)).Out.Split('\n')[1]);
        Assert.Equal("122880 1003520\n", (await DoAsync("diff", origin, Cow)).Out);
        await DoAsync("read", origin, Cow, "--at", "123456", "--length", "1000", "--into", _folder["part"]);
        Assert.Equal(frozen[123_456..124_456], _folder.Read("part"));
        await DoAsync("export", origin, Cow, _folder["out"]);
        Assert.Equal(frozen, _folder.Read("out"));
        await DoAsync("merge", origin, Cow);
        Assert.Equal(frozen, _folder.Read("origin"));
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("INT", 130)]
    public async Task complete_a_merge_that_was_ended_in_its_midst(string signal, int exitCode)
    {
        // 1536 runs of 32 chunks, with three flushes each.
        var origin = _folder.Random("origin", 24 << 20);
        var bytes = _folder.Random("bytes", 24 << 20, seed: 2);
        await DoAsync("create", origin, Cow, "--size", "64M", "--chunk", "512");
        await DoAsync("write", origin, Cow, "--at", "0", "--from", bytes, "--progress", "none");
        var all = await CountAsync();
        using (var process = new HostProcess("snapshot", "merge", origin, Cow))
        {
            await process.UntilAsync(() => CountAsync().GetAwaiter().GetResult() < all);
            process.Signal(signal);
            Assert.Equal(exitCode, (await process.EndAsync()).ExitCode);
        }
        Assert.InRange(await CountAsync(), 1, all - 1);
        Assert.NotEqual(_folder.Read("bytes"), _folder.Read("origin"));
        using (var deletion = new HostProcess("snapshot", "delete", Cow))
            Assert.Contains("is half merged", (await deletion.EndAsync()).Error, StringComparison.Ordinal);
        using (var read = new HostProcess("snapshot", "export", origin, Cow, _folder["out"]))
            Assert.Equal((0, ""), (await read.EndAsync()) is var exported ? (exported.ExitCode, exported.Error) : default);
        Assert.Equal(_folder.Read("bytes"), _folder.Read("out"));

        Assert.Equal(0, (await DoAsync("merge", origin, Cow, "--json", "--progress", "none")).Json.GetProperty("remaining").GetInt64());
        Assert.Equal(_folder.Read("bytes"), _folder.Read("origin"));
        Assert.Equal(0, await CountAsync());
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 130)]
    public async Task end_by_a_signal_while_nobody_writes_to_the_pipe_that_it_reads(string signal, int exitCode)
    {
        var origin = _folder.Random("origin", 1 << 20);
        await DoAsync("create", origin, Cow, "--size", "2M");
        Tool.Run("mkfifo", _folder["pipe"]);
        using (var process = new HostProcess("snapshot", "write", origin, Cow, "--at", "0", "--from", _folder["pipe"]))
        {
            await process.UntilAsync(() => process.HasOpen(_folder["pipe"]));
            process.Signal(signal);
            Assert.Equal(exitCode, (await process.EndAsync()).ExitCode);
        }
        await DoAsync("write", origin, Cow, "--at", "0", "--from", _folder.Random("bytes", 100));      // nothing is locked anymore
    }

    [Fact]
    public async Task show_a_store_that_a_killed_writer_left_only_when_that_is_accepted()
    {
        var origin = _folder.Random("origin", 1 << 20);
        var frozen = _folder.Read("origin");
        await DoAsync("create", origin, Cow, "--size", "2M");
        Tool.Run("mkfifo", _folder["pipe"]);
        using (var process = new HostProcess("snapshot", "write", origin, Cow, "--to-origin", "--at", "0", "--from", _folder["pipe"]))
        {
            await process.UntilAsync(() => IsUncleanAsync().GetAwaiter().GetResult());
            process.Signal("KILL");
            await process.EndAsync();
        }
        Assert.Contains("not closed by one", (await DoAsync("status", Cow)).Out, StringComparison.Ordinal);
        foreach (var args in new string[][] { ["export", origin, Cow, _folder["out"]], ["diff", origin, Cow], ["merge", origin, Cow] })
        {
            using var process = new HostProcess(["snapshot", .. args]);
            var refused = await process.EndAsync();
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("After a crash or a power cut it is whole; but if its own device had failed, it lacks chunks",
                refused.Error, StringComparison.Ordinal);
            Assert.Contains("If its device has not failed: --accept-unclean. Otherwise take a new snapshot.", refused.Error, StringComparison.Ordinal);
        }
        // The origin has priority: it is written and the snapshot receives its chunks, but whether to accept the store is still open.
        using (var process = new HostProcess("snapshot", "write", origin, Cow, "--to-origin", "--at", "0", "--from", _folder.Random("bytes", 100_000, seed: 3)))
        {
            var written = await process.EndAsync();
            Assert.Equal(0, written.ExitCode);
            Assert.Contains("it is kept up to date, but whether the snapshot is intact cannot be told", written.Error, StringComparison.Ordinal);
        }
        Assert.True(await IsUncleanAsync());
        await DoAsync("export", origin, Cow, _folder["out"], "--accept-unclean");
        Assert.Equal(frozen, _folder.Read("out"));
        await DoAsync("merge", origin, Cow, "--accept-unclean");
        Assert.Equal(frozen, _folder.Read("origin"));
        Assert.False(await IsUncleanAsync());
    }

    public void Dispose() => _folder.Dispose();

    private async Task<bool> IsUncleanAsync()
    {
        await using var cow = BlockDevice.Open(Cow, new() { ReadOnly = true });
        return (await SnapshotStore.ReadAsync(cow)).Label!.IsUnclean;
    }

    private async Task<long> CountAsync()
    {
        await using var cow = BlockDevice.Open(Cow, new() { ReadOnly = true });
        return (await SnapshotStore.ReadAsync(cow)).Exceptions.Count;
    }

    private static async Task<Outcome> DoAsync(params string[] args)
    {
        using var process = new HostProcess(["snapshot", .. args]);
        var outcome = await process.EndAsync();
        Assert.True(outcome is { ExitCode: 0, Error: "" }, $"{string.Join(' ', args)}: {outcome.ExitCode}: {outcome.Error}");
        return outcome;
    }
}
