using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

public sealed class SnapshotUsage_should : SnapshotCommandSpec
{
    [Theory]
    [InlineData("ORIGIN '{none}' does not exist", "create", "{none}", "{new}", "--size", "1M")]
    [InlineData("COW '{new}' does not exist; to create it, say how large: --size 1G", "create", "{origin}", "{new}")]
    [InlineData("COW '{new}' has 4096 bytes: a COW store needs two chunks of 4096 bytes", "create", "{origin}", "{new}", "--size", "4K")]
    [InlineData("COW '{new}' has 100 bytes: a COW store needs two chunks", "create", "{origin}", "{new}", "--size", "100")]
    [InlineData("--size 0: must be", "create", "{origin}", "{new}", "--size", "0")]
    [InlineData("--chunk 5000: must be a power of two", "create", "{origin}", "{new}", "--size", "1M", "--chunk", "5000")]
    [InlineData("--chunk 0: must be a power of two", "create", "{origin}", "{new}", "--size", "1M", "--chunk", "0")]
    [InlineData("--chunk 2G: must be a power of two", "create", "{origin}", "{new}", "--size", "1M", "--chunk", "2G")]
    [InlineData("--store N: must be P or PO", "create", "{origin}", "{new}", "--size", "1M", "--store", "N")]
    [InlineData("COW '{origin}' is ORIGIN '{origin}'", "create", "{origin}", "{origin}")]
    [InlineData("COW '{cow}' holds a COW store already", "create", "{origin}", "{cow}")]
    [InlineData("more than --size 4096", "create", "{origin}", "{cow}", "--size", "4K", "--force")]
    [InlineData("COW '{other}' holds data, at byte 0 and perhaps elsewhere, which a COW store would overwrite. "
        + "Give another file or device; if that is not needed any more: --force.", "create", "{origin}", "{other}")]
    [InlineData("COW '{other}' holds data", "create", "{origin}", "{other}", "--size", "64M")]
    [InlineData("COW '{empty}' has 100000 bytes: a COW store needs two chunks", "create", "{origin}", "{empty}", "--chunk", "64K")]
    [InlineData("ORIGIN '{cow}' is the COW store of a snapshot, and COW '{origin}' is not: they are swapped. Give the disk or image first: '{origin}' '{cow}'",
        "create", "{cow}", "{origin}")]
    [InlineData("they are swapped", "export", "{cow}", "{origin}", "{new}")]
    [InlineData("they are swapped", "merge", "{cow}", "{origin}")]
    [InlineData("COW '{other}' is not a COW store: it holds data that begins with 0x736f6d65. "
        + "If it is an image, give its store: 'kcopyd snapshot list {other}' finds it", "status", "{other}")]
    [InlineData("--into '{other}' exists and holds", "read", "{origin}", "{cow}", "--at", "0", "--length", "1K", "--into", "{other}")]
    [InlineData("--grow 1M: must be two sizes, multiples of 512, such as 1G,20G",
        "write", "{origin}", "{cow}", "--at", "0", "--from", "{other}", "--grow", "1M")]
    [InlineData("COW '{other}' is not a COW store, and is not deleted", "delete", "{cow}", "{other}")]
    [InlineData("--in '{none}' is not a folder", "list", "{origin}", "--in", "{none}")]
    [InlineData("200 chunks of {origin}, 800.0 KiB, become", "rollback", "{origin}", "{used}", "--cow", "{cow}")]
    [InlineData("ORIGIN '{odd}' has 1000 bytes, which is not a multiple of 512; extend it: truncate -s %512", "create", "{odd}", "{new}", "--size", "1M")]
    [InlineData("ORIGIN '/dev/zero' has no size", "create", "/dev/zero", "{new}", "--size", "1M")]
    [InlineData("COW '{none}' does not exist", "status", "{none}")]
    [InlineData("COW '{empty}' holds no COW store; create one: kcopyd snapshot create ORIGIN '{empty}'", "status", "{empty}")]
    [InlineData("COW '{empty}' holds no COW store; create one: kcopyd snapshot create ORIGIN '{empty}'", "export", "{origin}", "{empty}", "{new}")]
    [InlineData("--origin '{none}' does not exist", "status", "{cow}", "--origin", "{none}")]
    [InlineData("COW '{none}' does not exist", "list", "{none}")]
    [InlineData("Option '--at' is required", "write", "{origin}", "{cow}", "--from", "{other}")]
    [InlineData("--at far: must be a number of bytes", "write", "{origin}", "{cow}", "--at", "far", "--from", "{other}")]
    [InlineData("--from '{none}' does not exist", "write", "{origin}", "{cow}", "--at", "0", "--from", "{none}")]
    [InlineData("ORIGIN '{origin}' has 819712 bytes; --at 819700 and 1000 bytes of {odd} reach past its end",
        "write", "{origin}", "{cow}", "--at", "819700", "--from", "{odd}")]
    [InlineData("ORIGIN '{origin}' has 819712 bytes; --at 1048576", "write", "{origin}", "{cow}", "--at", "1M", "--from", "/dev/null")]
    [InlineData("--cow requires --to-origin", "write", "{origin}", "{cow}", "--cow", "{empty}", "--at", "0", "--from", "{other}")]
    [InlineData("--cow '{cow}' is COW '{cow}'", "write", "{origin}", "{cow}", "--cow", "{cow}", "--to-origin", "--at", "0", "--from", "{other}")]
    [InlineData("COW '{other}' is not a COW store", "write", "{origin}", "{other}", "--at", "0", "--from", "{odd}")]
    [InlineData("--from '{cow}' is busy: a command writes to it, or it is what this one writes to",
        "write", "{origin}", "{cow}", "--at", "0", "--from", "{cow}")]
    [InlineData("--at 819000 --length 1024 reaches past its end", "read", "{origin}", "{cow}", "--at", "819000", "--length", "1K")]
    [InlineData("--into '{cow}' is COW '{cow}'", "read", "{origin}", "{cow}", "--at", "0", "--length", "1K", "--into", "{cow}")]
    [InlineData("--json and the bytes", "read", "{origin}", "{cow}", "--at", "0", "--length", "1K", "--json")]
    [InlineData("OUT '{origin}' is ORIGIN '{origin}'", "export", "{origin}", "{cow}", "{origin}")]
    [InlineData("OUT '{cow}' is COW '{cow}'", "export", "{origin}", "{cow}", "{cow}")]
    [InlineData("COW '{none}' does not exist", "diff", "{origin}", "{none}")]
    [InlineData("COW '{none}' does not exist", "merge", "{origin}", "{none}")]
    [InlineData("--progress loud: must be auto, plain or none", "merge", "{origin}", "{cow}", "--progress", "loud")]
    public async Task exit_with_2_name_what_is_wrong_and_change_nothing(string message, params string[] args)
    {
        await DoAsync("create", Origin, Folder["used"], "--size", "2M");
        await DoAsync("write", Origin, Folder["used"], "--at", "0", "--from", Folder.Random("bytes", 200 * 4096));
        Directory.CreateDirectory(Folder["elsewhere"]);
        File.Move(Folder["used"], InFolder("{used}"));
        await CreateAsync();
        Folder.Write("other", [.. "something else\n"u8, .. new byte[100_000]]);
        Folder.Write("empty", new byte[100_000]);
        Folder.Write("odd", new byte[1000]);
        var before = Folder.Names.Select(name => (name, Convert.ToHexString(Folder.Read(name)))).ToArray();
        var outcome = await SnapshotAsync([.. args.Select(InFolder)]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(InFolder(message), outcome.Error, StringComparison.Ordinal);
        Assert.True(outcome.Out.Length == 0 || args.Contains("--json"), outcome.Out);
        Assert.Equal(before, Folder.Names.Select(name => (name, Convert.ToHexString(Folder.Read(name)))));
    }

    [Fact]
    public async Task name_the_file_that_another_command_uses()
    {
        await CreateAsync();
        var bytes = Folder.Random("bytes", 100);
        using (File.Open(Cow, FileMode.Open, FileAccess.Read, FileShare.Read))      // like a command that reads
        {
            await DoAsync("read", Origin, Cow, "--at", "0", "--length", "1", "--into", Folder["into"]);
            var writes = await SnapshotAsync("write", Origin, Cow, "--at", "0", "--from", bytes);
            Assert.Equal(2, writes.ExitCode);
            Assert.Contains($"COW '{Cow}' is in use: {Cow} is locked by process {Environment.ProcessId} (", writes.Error, StringComparison.Ordinal);
        }
        using (File.Open(Cow, FileMode.Open, FileAccess.ReadWrite, FileShare.None))     // like one that writes
        {
            string[][] commands = [["read", Origin, Cow, "--at", "0", "--length", "1"], ["diff", Origin, Cow], ["export", Origin, Cow, Folder["out"]]];
            foreach (var args in commands)
            {
                var reads = await SnapshotAsync(args);
                Assert.Equal(2, reads.ExitCode);
                Assert.Contains($"COW '{Cow}' is in use: {Cow} is locked by process {Environment.ProcessId} (", reads.Error, StringComparison.Ordinal);
            }
            await DoAsync("status", Cow);
            await DoAsync("list", Cow);
        }
        using (File.Open(Origin, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains($"ORIGIN '{Origin}' is in use", (await SnapshotAsync("merge", Origin, Cow)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task list_its_commands_in_the_help()
    {
        Assert.Contains("snapshot", (await RunAsync("--help")).Out, StringComparison.Ordinal);
        var help = (await RunAsync("snapshot", "--help")).Out;
        Assert.All(["create", "status", "list", "write", "read", "export", "diff", "merge", "rollback", "delete"],
            name => Assert.Contains(name, help, StringComparison.Ordinal));
        Assert.Equal(2, (await RunAsync("snapshot")).ExitCode);
    }

    private string InFolder(string text)
    {
        foreach (var name in new[] { "origin", "cow", "other", "empty", "odd", "new", "none" })
            text = text.Replace($"{{{name}}}", Folder[name], StringComparison.Ordinal);
        return text.Replace("{used}", Path.Combine(Folder["elsewhere"], "used"), StringComparison.Ordinal);
    }
}
