using System.Text.Json;
using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

/// <summary>Stores that an operation left incomplete, or that are damaged: a slip does not lose their content, and the message names the remedy.</summary>
public sealed class SnapshotRescue_should : SnapshotCommandSpec
{
    [Fact]
    public async Task keep_a_store_whose_merge_is_not_complete_until_that_is_said()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 50_000, seed: 7));
        await BeginMergeAsync(Origin, Cow);
        var before = Folder.Read("cow");
        foreach (var args in new string[][] { ["delete", Cow], ["create", Origin, Cow], ["create", Origin, Cow, "--force"] })
        {
            var refused = await SnapshotAsync(args);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains($"COW '{Cow}' is half merged: a merge into {Origin} was begun and is not complete, and what is still to be merged is nowhere else. "
                + $"Complete it: kcopyd snapshot merge ORIGIN '{Cow}'. If what is left is not needed any more: kcopyd snapshot delete '{Cow}' --force.",
                refused.Error, StringComparison.Ordinal);
            Assert.Equal(before, Folder.Read("cow"));
        }
        var status = await DoAsync("status", Cow, "--json");
        Assert.True(status.Json.GetProperty("isHalfMerged").GetBoolean());
        Assert.Contains($"in use; a merge into {Origin} was begun and is not complete\n", (await DoAsync("status", Cow)).Out, StringComparison.Ordinal);
        await DoAsync("merge", Origin, Cow);
        Assert.Equal(Folder.Read("bytes"), Folder.Read("origin")[..50_000]);
        Assert.False((await DoAsync("status", Cow, "--json")).Json.GetProperty("isHalfMerged").GetBoolean());
        await DoAsync("delete", Cow);
    }

    [Fact]
    public async Task delete_a_store_whose_merge_is_not_complete_when_that_is_said()
    {
        await CreateAsync();
        await DoAsync("create", Origin, Folder["other"], "--size", "1M");
        await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 5000));
        await BeginMergeAsync(Origin, Cow);
        Assert.Equal(2, (await SnapshotAsync("delete", Folder["other"], Cow)).ExitCode);
        await DoAsync("status", Folder["other"]);       // it deletes all of them or none
        Assert.Equal($"deleted {Folder["other"]}\ndeleted {Cow}\n", (await DoAsync("delete", Folder["other"], Cow, "--force")).Out);
    }

    [Fact]
    public async Task show_what_can_be_shown_of_a_store_with_a_damaged_label_and_the_way_out()
    {
        await CreateAsync();
        await DoAsync("write", Origin, Cow, "--to-origin", "--at", "0", "--from", Folder.Random("bytes", 5000));
        var bytes = Folder.Read("cow");
        bytes[100] ^= 1;
        Folder.Write("cow", bytes);
        foreach (var command in new[] { "status", "list" })
        {
            var shown = await SnapshotAsync(command, Cow);
            Assert.Equal(1, shown.ExitCode);
            Assert.Contains($"kcopyd: COW '{Cow}': its label, in the first sector, has a wrong checksum: the store is damaged.",
                shown.Error, StringComparison.Ordinal);
            Assert.Contains($"kcopyd snapshot export ORIGIN '{Cow}' FILE --accept-origin", shown.Error, StringComparison.Ordinal);
            var expected = command == "status"
                ? $"{Cow}: 2 chunks of 4.0 KiB differ; 0.8 % of 2.0 MiB in use; its label cannot be read\nsnapshot 32/4096 16\n"
                : "exception  1 3\n";
            Assert.Contains(expected, shown.Out, StringComparison.Ordinal);
        }
        var json = (await SnapshotAsync("status", Cow, "--json")).Json;
        Assert.Equal(2, json.GetProperty("exceptions").GetInt32());
        Assert.All(["origin", "isUnclean", "isHalfMerged"], name => Assert.Equal(JsonValueKind.Null, json.GetProperty(name).ValueKind));
        Assert.Contains("wrong checksum", json.GetProperty("labelError").GetString(), StringComparison.Ordinal);
        Assert.Contains("Whether a merge of it is complete cannot be told. To delete it anyway: --force.",
            (await SnapshotAsync("delete", Cow)).Error, StringComparison.Ordinal);
        Assert.Equal("0 8192\n", (await DoAsync("diff", Origin, Cow, "--accept-origin")).Out);
        await DoAsync("export", Origin, Cow, Folder["out"], "--accept-origin");
        Assert.Equal(bytes, Folder.Read("cow"));
        Assert.Equal(Frozen, Folder.Read("out"));
        await DoAsync("merge", Origin, Cow, "--accept-origin");
        Assert.Equal(Frozen, Folder.Read("origin"));
        await DoAsync("status", Cow);
    }
}
