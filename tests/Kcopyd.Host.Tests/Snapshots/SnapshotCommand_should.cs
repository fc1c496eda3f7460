using System.Buffers.Binary;
using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

public sealed class SnapshotCommand_should : SnapshotCommandSpec
{
    [Theory]
    [InlineData("512")]
    [InlineData("4K")]
    [InlineData("64K")]
    public async Task keep_a_snapshot_while_its_origin_changes_and_bring_it_back(string chunk)
    {
        await CreateAsync("--chunk", chunk);
        var changed = Frozen.ToArray();
        foreach (var (at, length) in new[] { (0, 1), (4095, 2), (100_001, 70_003), (Length - 700, 700), (300_000, 4096) })
        {
            var bytes = Folder.Random("bytes", length, seed: at);
            Folder.Read("bytes").CopyTo(changed, at);
            await DoAsync("write", Origin, Cow, "--to-origin", "--at", $"{at}", "--from", bytes);
        }
        Assert.Equal(changed, Folder.Read("origin"));

        await DoAsync("export", Origin, Cow, Folder["out"]);
        Assert.Equal(Frozen, Folder.Read("out"));
        await DoAsync("read", Origin, Cow, "--at", "99999", "--length", "80001", "--into", Folder["part"]);
        Assert.Equal(Frozen[99_999..180_000], Folder.Read("part"));

        var merged = await DoAsync("merge", Origin, Cow, "--json");
        Assert.True(merged.Json.GetProperty("isComplete").GetBoolean());
        Assert.Equal(Frozen, Folder.Read("origin"));
        Assert.Equal(0, (await DoAsync("status", Cow, "--json")).Json.GetProperty("exceptions").GetInt32());
    }

    [Fact]
    public async Task keep_what_is_written_to_the_snapshot_and_leave_the_origin_alone_until_it_is_merged()
    {
        await CreateAsync();
        var expected = Frozen.ToArray();
        Folder.Random("bytes", 30_000, seed: 5);
        Folder.Read("bytes").CopyTo(expected, 12_345);
        Assert.StartsWith("wrote 30000 bytes at 12345 to",
            (await DoAsync("write", Origin, Cow, "--at", "12345", "--from", Folder["bytes"])).Out, StringComparison.Ordinal);
        Assert.Equal(Frozen, Folder.Read("origin"));
        var (outcome, bytes) = await PipeAsync([], "read", Origin, Cow, "--at", "0", "--length", $"{Length}");
        Assert.Equal((0, "", ""), (outcome.ExitCode, outcome.Out, outcome.Error));
        Assert.Equal(expected, bytes);
        await DoAsync("merge", Origin, Cow);
        Assert.Equal(expected, Folder.Read("origin"));
    }

    [Fact]
    public async Task write_what_comes_through_a_pipe()
    {
        await CreateAsync();
        var bytes = new byte[5000];
        new Random(3).NextBytes(bytes);
        var (outcome, _) = await PipeAsync(bytes, "write", Origin, Cow, "--at", "1K", "--from", "-", "--json");
        Assert.Equal((0, 5000), (outcome.ExitCode, outcome.Json.GetProperty("bytes").GetInt32()));
        Assert.Equal(bytes, (await PipeAsync([], "read", Origin, Cow, "--at", "1K", "--length", "5000")).Bytes);
    }

    [Fact]
    public async Task write_what_fits_of_a_pipe_that_goes_on_past_the_end()
    {
        await CreateAsync();
        var (outcome, _) = await PipeAsync(new byte[5000], "write", Origin, Cow, "--at", $"{Length - 100}", "--from", "-", "--json");
        Assert.Equal((1, 100, false), (outcome.ExitCode, outcome.Json.GetProperty("bytes").GetInt32(), outcome.Json.GetProperty("isWhole").GetBoolean()));
        Assert.Contains("standard input continues past the end", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task tell_status_and_contents_without_the_origin()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "20480", "--from", Folder.Random("bytes", 4096 * 2));
        await DoAsync("write", Origin, Cow, "--at", "4096", "--from", Folder.Random("bytes", 1));
        Folder.Write("origin", []);
        Assert.EndsWith("\nsnapshot 40/4096 16\n", (await DoAsync("status", Cow)).Out, StringComparison.Ordinal);
        Assert.Matches("\norigin     .*/origin, 819712 bytes, inode .*\n", (await DoAsync("list", Cow)).Out);
        var lines = (await DoAsync("list", Cow)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("""
            header     version 1, valid, chunks of 8 sectors (4.0 KiB)
            area       0 in chunk 1: 3 of 256 records
            exception  5 2
            exception  6 3
            exception  1 4

            """, string.Concat(lines.Where(line => !line.StartsWith("origin", StringComparison.Ordinal)).Select(line => line + "\n")));
        var json = (await DoAsync("list", Cow, "--json")).Json;
        Assert.Equal([5, 6, 1], json.GetProperty("exceptions").EnumerateArray().Select(one => one.GetProperty("old").GetInt32()));
        Assert.Equal("snapshot 40/4096 16", json.GetProperty("status").GetProperty("text").GetString());
    }

    [Fact]
    public async Task check_a_store_against_an_origin_that_is_named()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "20480", "--from", Folder.Random("bytes", 1));
        Folder.Write("small", new byte[4096]);
        var outcome = await SnapshotAsync("status", Cow, "--origin", Folder["small"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("Is it another origin's store?", outcome.Error, StringComparison.Ordinal);
        await DoAsync("status", Cow, "--origin", Origin);
    }

    [Fact]
    public async Task print_the_ranges_that_differ()
    {
        await CreateAsync();
        foreach (var (at, length) in new[] { (100_000, 1), (8192, 8192), (4096, 10), (Length - 1, 1) })
            await DoAsync("write", Origin, Cow, "--to-origin", "--at", $"{at}", "--from", Folder.Random("bytes", length, seed: at));
        Assert.Equal("4096 12288\n98304 4096\n819200 512\n", (await DoAsync("diff", Origin, Cow)).Out);
        Assert.Equal("4096 512\n8192 8192\n99840 512\n819200 512\n", (await DoAsync("diff", Origin, Cow, "--compare")).Out);
        var json = (await DoAsync("diff", Origin, Cow, "--json")).Json;
        Assert.Equal(16_896, json.GetProperty("bytes").GetInt64());
        Assert.Equal([4096, 98_304, 819_200], json.GetProperty("ranges").EnumerateArray().Select(range => range.GetProperty("offset").GetInt64()));
    }

    [Fact]
    public async Task protect_every_snapshot_that_is_named()
    {
        await CreateAsync();
        await DoAsync("create", Origin, Folder["other"], "--size", "1M", "--chunk", "1K");
        var bytes = Folder.Random("bytes", 50_000, seed: 9);
        var written = await DoAsync("write", Origin, Cow, "--cow", Folder["other"], "--to-origin", "--at", "70001", "--from", bytes, "--json");
        Assert.Equal(2, written.Json.GetProperty("snapshots").GetArrayLength());
        var changed = Folder.Read("origin");
        foreach (var cow in new[] { Cow, Folder["other"] })
            Assert.Equal(Frozen, (await PipeAsync([], "read", Origin, cow, "--at", "0", "--length", $"{Length}")).Bytes);
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", bytes);
        await DoAsync("merge", Origin, Cow, "--cow", Folder["other"]);
        Assert.NotEqual(changed, Folder.Read("origin"));
        Assert.Equal(Frozen, (await PipeAsync([], "read", Origin, Folder["other"], "--at", "0", "--length", $"{Length}")).Bytes);
    }

    [Fact]
    public async Task say_that_a_snapshot_ended_when_its_store_was_full_and_that_the_origin_was_written()
    {
        await DoAsync("create", Origin, Cow, "--size", "32K");
        var bytes = Folder.Random("bytes", 100_000, seed: 2);
        var outcome = await SnapshotAsync("write", Origin, Cow, "--to-origin", "--at", "0", "--from", bytes);
        Assert.Equal((ExitCodes.SnapshotLost, $"wrote 100000 bytes at 0 to {Origin}; not kept in {Cow}\n"), (outcome.ExitCode, outcome.Out));
        Assert.Contains($"{Cow}: the snapshot is invalid (its store is full)", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(Folder.Read("bytes"), Folder.Read("origin").Take(100_000));
        string[][] commands =
        [
            ["status", Cow], ["list", Cow], ["diff", Origin, Cow], ["export", Origin, Cow, Folder["out"]], ["merge", Origin, Cow],
            ["read", Origin, Cow, "--at", "0", "--length", "1"],
        ];
        foreach (var args in commands)
        {
            var after = await SnapshotAsync(args);
            Assert.Equal(1, after.ExitCode);
            Assert.Contains("the snapshot is invalid (its store says so)", after.Error, StringComparison.Ordinal);
            Assert.Equal(args[0] == "status" ? "snapshot Invalid\n" : "", args[0] == "list" ? "" : after.Out);
        }
        Assert.DoesNotContain("out", Folder.Names);
        Assert.Equal("Invalid", (await SnapshotAsync("status", Cow, "--json")).Json.GetProperty("state").GetString());
        await DoAsync("create", Origin, Cow, "--force");
    }

    [Fact]
    public async Task keep_what_an_overflowing_store_has_where_that_was_asked_for()
    {
        await DoAsync("create", Origin, Cow, "--size", "32K", "--store", "PO");
        var first = Folder.Random("bytes", 4096, seed: 2);
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", first, "--store", "PO");
        var outcome = await SnapshotAsync("write", Origin, Cow, "--at", "8K", "--from", Folder.Random("more", 100_000), "--store", "PO");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("the store is full: the snapshot can be read, not written", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(Folder.Read("bytes"), (await PipeAsync([], "read", Origin, Cow, "--at", "0", "--length", "4K")).Bytes);
    }

    [Fact]
    public async Task warn_of_a_store_that_is_filling()
    {
        await DoAsync("create", Origin, Cow, "--size", "40K");
        var outcome = await SnapshotAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 28_000));
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("90 % of the store is in use", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task read_what_a_truncated_store_still_has_where_that_was_asked_for()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 40_960, seed: 4));
        await using (var file = File.OpenWrite(Cow))
            file.SetLength(7 * 4096);
        var outcome = await SnapshotAsync("status", Cow);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("or read what it still has: --accept-truncated", outcome.Error, StringComparison.Ordinal);
        var (read, bytes) = await PipeAsync([], "read", Origin, Cow, "--at", "0", "--length", "20K", "--accept-truncated");
        Assert.Equal((0, ""), (read.ExitCode, read.Error));
        Assert.Equal(Folder.Read("bytes").Take(20_480), bytes);
        var lost = await SnapshotAsync("read", Origin, Cow, "--at", "0", "--length", "40K", "--accept-truncated", "--into", Folder["into"]);
        Assert.Equal(1, lost.ExitCode);
        Assert.Contains($"{Cow}: read failed at byte 20480: Input/output error (errno 5)", lost.Error, StringComparison.Ordinal);
        var exported = await SnapshotAsync("export", Origin, Cow, Folder["out"], "--accept-truncated", "--ignore-errors", "--json");
        var range = Assert.Single(exported.Json.GetProperty("unreadable").EnumerateArray());
        Assert.Equal((1, 20_480, 20_480), (exported.ExitCode, range.GetProperty("offset").GetInt32(), range.GetProperty("length").GetInt32()));
        Assert.Equal([.. Folder.Read("bytes").Take(20_480), .. new byte[20_480], .. Frozen.Skip(40_960)], Folder.Read("out"));
    }

    [Fact]
    public async Task make_holes_of_the_zeroes_that_it_exports()
    {
        Folder.Write("zeroes", new byte[4 << 20]);
        await DoAsync("create", Folder["zeroes"], Cow, "--size", "1M");
        await DoAsync("export", Folder["zeroes"], Cow, Folder["out"]);
        Assert.Equal(new byte[4 << 20], Folder.Read("out"));
        Assert.True(int.Parse(Tool.Run("stat", "-c", "%b", Folder["out"]).Trim(), System.Globalization.CultureInfo.InvariantCulture) < 100);
    }

    [Fact]
    public async Task take_no_forged_record()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 4096));
        var store = Folder.Read("cow");
        BinaryPrimitives.WriteInt64LittleEndian(store.AsSpan(4096 + 8), 1);
        Folder.Write("cow", store);
        var outcome = await SnapshotAsync("list", Cow);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("record 0 of metadata area 0 (0->1) is refused", outcome.Error, StringComparison.Ordinal);
    }
}
