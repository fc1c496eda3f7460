using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ServeSnapshots_should : ServeSpec
{
    private const int Length = 64 * 4096;

    private static readonly byte[] Sevens = [.. Enumerable.Repeat((byte)7, 4096)];

    private string Origin { get; }

    private byte[] Frozen { get; }

    public ServeSnapshots_should()
    {
        Origin = Folder.Random("disk.img", Length);
        Frozen = Folder.Read("disk.img");
    }

    [Fact]
    public async Task show_in_a_snapshot_what_the_origin_was_and_in_the_origin_what_it_is()
    {
        await using var served = await ServeAsync(
            "--snapshot", $"{Origin},{await CowAsync("a.cow")}", "--snapshot", $"second={Origin},{await CowAsync("b.cow")}", "--listen", $"unix:{Socket}");
        await using (var origin = await TinyClient.ConnectAsync(Socket, "disk.img"))
        await using (var a = await TinyClient.ConnectAsync(Socket, "a.cow"))
        await using (var b = await TinyClient.ConnectAsync(Socket, "second"))
        {
            await origin.WriteAsync(4096, Sevens);
            await a.WriteAsync(0, Sevens);
            Assert.Equal(Frozen[..4096].Concat(Sevens), await origin.ReadAsync(0, 8192));
            Assert.Equal(Sevens.Concat(Frozen[4096..8192]), await a.ReadAsync(0, 8192));
            Assert.Equal(Frozen, await b.ReadAsync(0, Length));
        }
        var outcome = await served.InterruptAsync();
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("1 requests", outcome.Out.Split('\n').Single(line => line.StartsWith("'second'", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("snapshot", "export", Origin, Folder["b.cow"], Folder["out"])).ExitCode);
        Assert.Equal(Frozen, Folder.Read("out"));
    }

    [Fact]
    public async Task write_through_the_origin_also_where_its_file_is_named_by_itself()
    {
        File.CreateSymbolicLink(Folder["link"], Origin);
        await using var served = await ServeAsync(Folder["link"], "--snapshot", $"{Origin},{await CowAsync("a.cow")}", "--listen", $"unix:{Socket}");
        await using var origin = await TinyClient.ConnectAsync(Socket, "");
        await using var a = await TinyClient.ConnectAsync(Socket, "a.cow");
        await origin.WriteAsync(0, Sevens);
        Assert.Equal(Frozen[..4096], await a.ReadAsync(0, 4096));
        await Assert.ThrowsAnyAsync<IOException>(() => TinyClient.ConnectAsync(Socket, "disk.img"));      // the origin's export is the default one
    }

    [Fact]
    public async Task exit_with_1_and_say_so_when_a_snapshot_was_lost()
    {
        await using var served = await ServeAsync(
            "--snapshot", $"{Origin},{await CowAsync("a.cow", "32K")}", "--listen", $"unix:{Socket}", "--log-level", "error");
        await using (var origin = await TinyClient.ConnectAsync(Socket, "disk.img"))
            await origin.WriteAsync(0, new byte[16 * 4096]);
        var outcome = await served.InterruptAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("a.cow: the snapshot is invalid", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task exit_with_1_and_say_so_when_a_store_was_deleted()
    {
        var cow = await CowAsync("a.cow");
        await using var served = await ServeAsync("--snapshot", $"{Origin},{cow}", "--listen", $"unix:{Socket}");
        File.Delete(cow);
        var outcome = await served.InterruptAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"COW '{cow}' was deleted while it was used: what it holds is lost.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task serve_an_origin_whose_snapshot_is_invalid_and_not_that_snapshot()
    {
        var cow = await CowAsync("a.cow", "32K");
        await RunAsync("snapshot", "write", Origin, cow, "--to-origin", "--at", "0", "--from", Folder.Random("bytes", 100_000));
        await using var served = await ServeAsync("--snapshot", $"{Origin},{cow}", "--listen", $"unix:{Socket}");
        Assert.Equal($"kcopyd: {cow}: the snapshot is invalid (its store says so): it has lost a part of its content. Take a new one. It is not exported.",
            await served.ErrorAsync());
        await using var origin = await TinyClient.ConnectAsync(Socket, "disk.img");
        await origin.WriteAsync(0, Sevens);
        Assert.Equal(Sevens, await origin.ReadAsync(0, 4096));
        await Assert.ThrowsAnyAsync<IOException>(() => TinyClient.ConnectAsync(Socket, "a.cow"));
    }

    [Fact]
    public async Task serve_no_origin_past_a_snapshot_that_is_not_named()
    {
        var (a, b) = (await CowAsync("a.cow"), await CowAsync("b.cow"));
        await IsRefusedAsync($"has one more snapshot, in '{b}', which writes to the origin would corrupt. Name it: --snapshot '{Origin},{b}'",
            "--snapshot", $"{Origin},{a}");
        await IsRefusedAsync($"FILE '{Origin}' has one more snapshot, in '{a}'", Origin);
        await using var served = await ServeAsync(Origin, "--read-only", "--listen", $"unix:{Socket}");
    }

    [Fact]
    public async Task let_a_store_grow_before_it_is_full()
    {
        var cow = await CowAsync("a.cow", "64K");
        await using var served = await ServeAsync("--snapshot", $"{Origin},{cow}", "--grow", "64K,1M", "--listen", $"unix:{Socket}");
        await using (var origin = await TinyClient.ConnectAsync(Socket, "disk.img"))
        await using (var a = await TinyClient.ConnectAsync(Socket, "a.cow"))
        {
            await origin.WriteAsync(0, new byte[Length]);
            Assert.Equal(Frozen, await a.ReadAsync(0, Length));
        }
        Assert.Equal((0, ""), await served.InterruptAsync() is var outcome ? (outcome.ExitCode, outcome.Error) : default);
        Assert.InRange(new FileInfo(cow).Length, Length, 1 << 20);
    }

    [Fact]
    public async Task warn_while_a_store_fills()
    {
        var cow = await CowAsync("a.cow", "64K");
        await using var served = await ServeAsync("--snapshot", $"{Origin},{cow}", "--listen", $"unix:{Socket}", "--log-level", "error");
        await using var a = await TinyClient.ConnectAsync(Socket, "a.cow");
        await a.WriteAsync(0, new byte[12 * 4096]);
        Assert.Equal($"kcopyd: {cow}: 88 % of the store is in use, and a full one ends the snapshot. "
            + "Export or merge it, or let the file grow: truncate -s +SIZE.", await served.ErrorAsync());
    }

    [Fact]
    public async Task keep_everybody_from_an_origin_whose_snapshot_is_served()
    {
        var cow = await CowAsync("a.cow");
        var image = Folder.Random("new.img", Length);
        await using var served = await ServeAsync("--snapshot", $"{Origin},{cow}", "--listen", $"unix:{Socket}");
        string[][] commands =
            [["copy", image, Origin, "--overwrite"], ["copy", image, cow, "--overwrite"], ["zero", Origin], ["copy", Origin, Folder["copy"]]];
        foreach (var args in commands)
        {
            var outcome = await RunAsync(args);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains("is in use", outcome.Error, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(Folder["copy"]));
    }

    [Fact]
    public async Task refuse_files_that_are_a_part_of_a_snapshot()
    {
        var cow = await CowAsync("a.cow");
        await IsRefusedAsync($"FILE '{cow}' is the COW of a --snapshot", cow, "--snapshot", $"{Origin},{cow}");
        await IsRefusedAsync($"COW '{cow}' is COW '{cow}' of another --snapshot; give each its own file.",
            "--snapshot", $"{Origin},{cow}", "--snapshot", $"{Folder.Random("other", Length)},{cow}");
        await IsRefusedAsync("two exports would have the name 'a.cow'", "--snapshot", $"{Origin},{cow}", "--export", $"a.cow={Folder["other"]}");
        await IsRefusedAsync($"COW '{Folder["other"]}' is not a COW store", "--snapshot", $"{Origin},{Folder["other"]}", "--ignore-unnamed");
        await IsRefusedAsync($"COW '{Folder["none"]}' does not exist", "--snapshot", $"{Origin},{Folder["none"]}");
    }

    private async Task IsRefusedAsync(string message, params string[] args)
    {
        // A command that is not refused would serve and not end.
        var outcome = await RunAsync(["serve", .. args, "--listen", $"unix:{Socket}"]).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
        Assert.False(Path.Exists(Socket));
    }

    private async Task<string> CowAsync(string name, string size = "1M")
    {
        Assert.Equal(0, (await RunAsync("snapshot", "create", Origin, Folder[name], "--size", size)).ExitCode);
        return Folder[name];
    }
}
