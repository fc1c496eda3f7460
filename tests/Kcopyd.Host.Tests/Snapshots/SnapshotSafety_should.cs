using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

/// <summary>Problems around a snapshot are named, and do not block access to what is intact.</summary>
public sealed class SnapshotSafety_should : SnapshotCommandSpec
{
    [Theory]
    [InlineData("merge")]
    [InlineData("export")]
    [InlineData("write")]
    [InlineData("diff")]
    [InlineData("status")]
    public async Task refuse_the_store_of_another_origin_and_name_both(string command)
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 5000));
        var other = Folder.Random("other.img", Length, seed: 8);
        string[] args = command switch
        {
            "export" => ["export", other, Cow, Folder["out"]],
            "write" => ["write", other, Cow, "--to-origin", "--at", "0", "--from", Folder["bytes"]],
            "status" => ["status", Cow, "--origin", other],
            _ => [command, other, Cow],
        };
        var outcome = await SnapshotAsync(args);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"COW '{Cow}' is a snapshot of {Origin} ({Length} bytes", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"not of {other} ({Length} bytes", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("If ORIGIN was moved or restored, and holds what it held: --accept-origin.", outcome.Error, StringComparison.Ordinal);
        Assert.NotEqual(Frozen, Folder.Read("other.img"));
        Assert.DoesNotContain("out", Folder.Names);
    }

    [Fact]
    public async Task take_an_image_that_was_moved_where_that_is_said()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 5000));
        File.Copy(Origin, Folder["moved"]);
        Assert.Equal(2, (await SnapshotAsync("merge", Folder["moved"], Cow)).ExitCode);
        await DoAsync("merge", Folder["moved"], Cow, "--accept-origin");
        Assert.Equal(Folder.Read("bytes"), Folder.Read("moved").Take(5000));
        await DoAsync("export", Folder["moved"], Cow, Folder["out"]);      // the store belongs to the moved image from now on
    }

    [Fact]
    public async Task write_to_the_origin_of_an_invalid_snapshot_and_say_which_one_it_is()
    {
        await DoAsync("create", Origin, Cow, "--size", "32K");
        await DoAsync("create", Origin, Folder["good"], "--size", "2M");
        await SnapshotAsync("write", Origin, Cow, "--cow", Folder["good"], "--to-origin", "--at", "0", "--from", Folder.Random("bytes", 100_000, seed: 3));
        Folder.Random("more", 100_000, seed: 4);
        var outcome = await SnapshotAsync("write", Origin, Cow, "--cow", Folder["good"], "--to-origin", "--at", "8192", "--from", Folder["more"], "--json");
        Assert.Equal(ExitCodes.SnapshotLost, outcome.ExitCode);
        Assert.Equal(1, outcome.Error.Split("the snapshot is invalid (its store says so)").Length - 1);
        Assert.True(outcome.Json.GetProperty("isWhole").GetBoolean());
        Assert.Equal(["Invalid", "Active"], outcome.Json.GetProperty("snapshots").EnumerateArray().Select(one => one.GetProperty("state").GetString()));
        Assert.Equal(Folder.Read("more"), Folder.Read("origin")[8192..108_192]);
        Assert.Equal(Frozen, (await PipeAsync([], "read", Origin, Folder["good"], "--at", "0", "--length", $"{Length}")).Bytes);
    }

    [Fact]
    public async Task write_past_no_snapshot_that_is_not_named()
    {
        await CreateAsync();
        await DoAsync("create", Origin, Folder["other"], "--size", "2M");
        var bytes = Folder.Random("bytes", 5000);
        string[][] commands =
            [["write", Origin, Cow, "--to-origin", "--at", "0", "--from", bytes], ["merge", Origin, Cow], ["rollback", Origin, Cow, "--discard"]];
        foreach (var args in commands)
        {
            var outcome = await SnapshotAsync(args);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains($"ORIGIN '{Origin}' has one more snapshot, in '{Folder["other"]}', which writes to the origin would corrupt. "
                + $"Name it: --cow '{Folder["other"]}'", outcome.Error, StringComparison.Ordinal);
        }
        Assert.Equal(Frozen, Folder.Read("origin"));
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", bytes);      // a write to a snapshot affects no other
        await DoAsync("write", Origin, Cow, "--to-origin", "--at", "0", "--from", bytes, "--ignore-unnamed");
        await DoAsync("delete", Folder["other"]);
        await DoAsync("write", Origin, Cow, "--to-origin", "--at", "9000", "--from", bytes);
    }

    [Fact]
    public async Task list_the_stores_of_an_origin()
    {
        Assert.Equal($"no store of {Origin} was found\n", (await DoAsync("list", Origin)).Out);
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 5000));
        Directory.CreateDirectory(Folder["elsewhere"]);
        await DoAsync("create", Origin, Path.Combine(Folder["elsewhere"], "far"), "--size", "1M");
        await DoAsync("create", Folder.Random("image", Length), Folder["others"], "--size", "1M");
        var here = (await DoAsync("list", Origin, "--json")).Json.GetProperty("stores").EnumerateArray().ToList();
        Assert.Equal((Cow, 2), (Assert.Single(here).GetProperty("cow").GetString(), here[0].GetProperty("exceptions").GetInt32()));
        Assert.Equal($"{Cow}: 2 chunks of 4.0 KiB differ; 0.8 % of 2.0 MiB in use\n"
            + $"{Path.Combine(Folder["elsewhere"], "far")}: 0 chunks of 4.0 KiB differ; 0.8 % of 1.0 MiB in use\n",
            (await DoAsync("list", Origin, "--in", Folder["elsewhere"])).Out);
    }

    [Fact]
    public async Task go_back_only_when_that_is_said_and_keep_the_snapshot()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--to-origin", "--at", "0", "--from", Folder.Random("bytes", 50_000, seed: 7));
        var changed = Folder.Read("origin");
        Assert.Equal($"13 chunks of {Origin}, 52.0 KiB, become what they were in the snapshot {Cow}, and what they hold now is lost.\n",
            (await DoAsync("rollback", Origin, Cow, "--dry-run")).Out);
        var refused = await SnapshotAsync("rollback", Origin, Cow);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("To discard it: --discard.", refused.Error, StringComparison.Ordinal);
        Assert.Equal(changed, Folder.Read("origin"));
        for (var round = 0; round < 2; round++)
        {
            await DoAsync("rollback", Origin, Cow, "--discard");
            Assert.Equal(Frozen, Folder.Read("origin"));
            await DoAsync("write", Origin, Cow, "--to-origin", "--at", "70000", "--from", Folder["bytes"]);
        }
    }

    [Fact]
    public async Task delete_all_stores_that_are_named_or_none()
    {
        await CreateAsync();
        await DoAsync("create", Origin, Folder["other"], "--size", "1M");
        using (File.Open(Folder["other"], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Equal(2, (await SnapshotAsync("delete", Cow, Folder["other"])).ExitCode);
        Assert.Equal(2, (await SnapshotAsync("delete", Cow, Origin)).ExitCode);
        await DoAsync("status", Cow);
        File.CreateSymbolicLink(Folder["link"], Folder["other"]);
        Assert.Equal($"deleted {Cow}\ndeleted {Folder["other"]}\n", (await DoAsync("delete", Cow, Folder["other"])).Out);
        Assert.Equal(["link", "origin"], Folder.Names.Where(name => name != "bytes"));
        Assert.Equal(Frozen, Folder.Read("origin"));
    }

    [Fact]
    public async Task let_a_store_grow_before_it_is_full()
    {
        await DoAsync("create", Origin, Cow, "--size", "64K");
        await DoAsync("write", Origin, Cow, "--to-origin", "--at", "0", "--from", Folder.Random("bytes", 400_000, seed: 2), "--grow", "64K,1M");
        Assert.InRange(Folder.Read("cow").Length, 400_000, 1 << 20);
        Assert.Equal(Frozen, (await PipeAsync([], "read", Origin, Cow, "--at", "0", "--length", $"{Length}")).Bytes);
        Assert.Equal(ExitCodes.SnapshotLost,
            (await SnapshotAsync("write", Origin, Cow, "--to-origin", "--at", "400000", "--from", Folder["bytes"], "--grow", "64K,512K")).ExitCode);
    }

    [Fact]
    public async Task replace_a_file_that_is_read_into_only_when_that_is_said()
    {
        await CreateAsync();
        await using (var hole = File.Create(Folder["hole"]))
            hole.SetLength(10_000);
        await DoAsync("read", Origin, Cow, "--at", "0", "--length", "100", "--into", Folder["hole"]);       // nothing is lost
        Assert.Equal(Frozen[..100], Folder.Read("hole"));
        Folder.Random("into", 10_000);
        Assert.Equal(2, (await SnapshotAsync("read", Origin, Cow, "--at", "0", "--length", "100", "--into", Folder["into"])).ExitCode);
        await DoAsync("read", Origin, Cow, "--at", "0", "--length", "100", "--into", Folder["into"], "--overwrite");
        Assert.Equal(Frozen[..100], Folder.Read("into"));
    }
}
