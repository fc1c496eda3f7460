using System.Globalization;
using Kcopyd.Actors;
using Kcopyd.Host.Snapshots;
using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

/// <summary>A store is created only where there is no data, by one command; existing data is lost only where the user asked for it.</summary>
public sealed class SnapshotCreation_should : SnapshotCommandSpec
{
    // All of these begin with four zero bytes, as a device without a store does.
    [Theory]
    [InlineData("an ext2, ext3 or ext4 file system", 1080, new byte[] { 0x53, 0xEF })]
    [InlineData("an ISO 9660 image", 32769, new byte[] { 0x43, 0x44, 0x30, 0x30, 0x31 })]
    [InlineData("swap space", 4086, new byte[] { 0x53, 0x57, 0x41, 0x50, 0x53, 0x50, 0x41, 0x43, 0x45, 0x32 })]
    [InlineData("data, at byte 4095 and perhaps elsewhere", 4095, new byte[] { 1 })]
    public async Task leave_alone_what_begins_with_zeroes_and_is_something(string what, int at, byte[] magic)
    {
        var bytes = new byte[200_000];
        magic.CopyTo(bytes, at);
        Folder.Write("image", bytes);
        var outcome = await SnapshotAsync("create", Origin, Folder["image"], "--size", "1M");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"COW '{Folder["image"]}' holds {what}, which a COW store would overwrite", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(bytes, Folder.Read("image"));

        var forced = await SnapshotAsync("create", Origin, Folder["image"], "--size", "1M", "--force");
        Assert.Equal(0, forced.ExitCode);
        Assert.Contains($"holds {what}, which is overwritten", forced.Error, StringComparison.Ordinal);
        await DoAsync("status", Folder["image"], "--origin", Origin);
    }

    [Fact]
    public async Task leave_a_real_file_system_alone()
    {
        Tool.Need("mkfs.ext4", "e2fsprogs");
        await using (var file = File.Create(Folder["fs"]))
            file.SetLength(8 << 20);
        Tool.Run("mkfs.ext4", "-q", Folder["fs"]);
        var before = Folder.Read("fs");
        Assert.Contains("ext", (await SnapshotAsync("create", Origin, Folder["fs"])).Error, StringComparison.Ordinal);
        Assert.Equal(before, Folder.Read("fs"));
    }

    [Fact]
    public async Task let_one_of_several_make_the_store_and_the_others_leave_it()
    {
        for (var round = 0; round < 5; round++)
        {
            var cow = Folder[$"cow{round}"];
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => SnapshotAsync("create", Origin, cow, "--size", "1M"))));
            Assert.Single(outcomes, outcome => outcome.ExitCode == 0);
            Assert.All(outcomes.Where(outcome => outcome.ExitCode != 0), outcome => Assert.Equal(2, outcome.ExitCode));
            await DoAsync("status", cow, "--origin", Origin);
        }
    }

    // The other command runs when the file exists but is not locked yet.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task leave_the_store_that_another_command_made_in_the_file_before_it_had_the_lock(bool isInUse)
    {
        var before = Array.Empty<byte>();
        StorageLock? used = null;
        var refused = await Assert.ThrowsAsync<UsageException>(() => CreateAfterAsync(async () =>
        {
            await DoAsync("create", Origin, Cow, "--size", "1M");
            await DoAsync("write", Origin, Cow, "--at", "0", "--from", Folder.Random("bytes", 5000));
            before = Folder.Read("cow");
            used = isInUse ? StorageLock.Acquire(new StorageClaim(Cow, IsExclusive: true)) : null;
        }));
        used?.Dispose();
        Assert.Contains(isInUse ? "is in use" : "holds a COW store already", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Folder.Read("cow"));
        await DoAsync("export", Origin, Cow, Folder["out"]);
        Assert.Equal((byte[])[.. Folder.Read("bytes"), .. Frozen[5000..]], Folder.Read("out"));
    }

    [Fact]
    public async Task leave_a_file_that_another_program_put_in_the_place_of_its_own()
    {
        var refused = await Assert.ThrowsAsync<UsageException>(() => CreateAfterAsync(() =>
        {
            File.Delete(Cow);
            Folder.Write("cow", [1, 2, 3]);
            return Task.CompletedTask;
        }));
        Assert.Contains("holds data", refused.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], Folder.Read("cow"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task delete_only_its_own_file_when_the_origin_is_taken_before_it_has_the_lock(bool isItsOwn)
    {
        StorageLock? used = null;
        await Assert.ThrowsAsync<UsageException>(() => CreateAfterAsync(() =>
        {
            used = StorageLock.Acquire(new StorageClaim(Origin, IsExclusive: true));
            if (isItsOwn)
                return Task.CompletedTask;
            File.Delete(Cow);
            Folder.Write("cow", []);
            return Task.CompletedTask;
        }));
        used!.Dispose();
        Assert.Equal(!isItsOwn, Folder.Names.Contains("cow"));
    }

    [Fact]
    public async Task delete_no_file_that_another_command_uses_and_grow_none()
    {
        await CreateAsync();
        var before = Folder.Read("cow");
        using (File.Open(Cow, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains("is in use", (await SnapshotAsync("create", Origin, Cow, "--size", "64M", "--force")).Error, StringComparison.Ordinal);
        Assert.Equal(before, Folder.Read("cow"));
        using (File.Open(Origin, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains("is in use", (await SnapshotAsync("create", Origin, Folder["new"], "--size", "1M")).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("new", Folder.Names);
    }

    [Fact]
    public async Task reserve_the_space_of_the_file_unless_it_is_to_be_sparse()
    {
        var full = await DoAsync("create", Origin, Folder["full"], "--size", "8M");
        Assert.Contains("8.0 MiB are reserved for it", full.Out, StringComparison.Ordinal);
        Assert.True(Blocks("full") >= (8 << 20) / 512);
        var sparse = await DoAsync("create", Origin, Folder["sparse"], "--size", "8M", "--sparse", "--json");
        Assert.Contains("sparse", sparse.Json.GetProperty("space").GetString(), StringComparison.Ordinal);
        Assert.True(Blocks("sparse") < (1 << 20) / 512);
        Assert.Equal(8 << 20, Folder.Read("sparse").Length);
    }

    private async Task CreateAfterAsync(Func<Task> another) =>
        await CreateCommand.RunAsync(Origin, new StoreRequest(Cow, ChunkSize: null, Size: 2 << 20, IsSparse: false, Force: false),
            new CommandConsole(TextWriter.Null, TextWriter.Null, IsTerminal: false), another);

    private long Blocks(string name) => long.Parse(Tool.Run("stat", "-c", "%b", Folder[name]).Trim(), CultureInfo.InvariantCulture);
}
