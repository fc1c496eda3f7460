using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>The snapshot commands on files and devices that fail, that are full, and that have large blocks.</summary>
public sealed class SnapshotCommands_should : CommandTest
{
    private const int Length = 1 << 20;

    private static readonly string[] Calls = ["pread64,preadv,preadv2", "pwrite64,pwritev,pwritev2", "fsync,fdatasync"];

    private byte[] _frozen = [], _origin = [], _cow = [];

    private string Origin => Folder["origin"];

    private string Cow => Folder["cow"];

    // Each kind of call fails once on each of the files, and so does a later write to the store.
    [SkippableTheory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("write --to-origin")]
    [InlineData("merge")]
    [InlineData("export")]
    public async Task say_what_failed_and_call_nothing_done_that_is_not(string command)
    {
        var cases =
            from path in new[] { Origin, Cow }
            from calls in Calls
            from when in path == Cow && calls == Calls[1] ? new[] { 1, 3 } : [1]
            select (path, calls, when);
        foreach (var (path, calls, when) in cases)
        {
            var what = $"{command}: {calls} {when} of {Path.GetFileName(path)}";
            var frozen = await FreshAsync(command);
            var update = await File.ReadAllBytesAsync(Folder["update"]);
            string[] args = command switch
            {
                "create" => ["create", Origin, Cow, "--force"],
                "write" => ["write", Origin, Cow, "--at", "8192", "--from", Folder["update"]],
                "write --to-origin" => ["write", Origin, Cow, "--to-origin", "--at", "300000", "--from", Folder["update"]],
                "merge" => ["merge", Origin, Cow],
                _ => ["export", Origin, Cow, Folder["out"], "--overwrite"],
            };
            var run = await Strace.RunOnEngineAsync(Folder["strace.log"], "threads", path, $"{calls}:error=EIO:when={when}", ["snapshot", .. args]);
            Assert.DoesNotContain("bug", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("Unhandled", run.Error, StringComparison.Ordinal);
            Assert.True(run.ExitCode is 0 or 1 or 3, $"{what}: {run}");
            if (run.ExitCode != 0)
            {
                Assert.True(run.Error.StartsWith("kcopyd: ", StringComparison.Ordinal), $"{what}: {run}");
                continue;
            }
            var snapshot = command == "create" ? await File.ReadAllBytesAsync(Origin) : frozen;
            if (command == "write")
                update.CopyTo(snapshot, 8192);
            if (command == "merge")
                Assert.True(Same(snapshot, await File.ReadAllBytesAsync(Origin)), $"{what}: {run}");
            if (command == "write --to-origin")
                Assert.True(Same(update, (await File.ReadAllBytesAsync(Origin))[300_000..(300_000 + update.Length)]), $"{what}: {run}");
            if (command != "export")
                await DoAsync("export", Origin, Cow, Folder["out"], "--overwrite");
            Assert.True(Same(snapshot, await File.ReadAllBytesAsync(Folder["out"])), $"{what}: {run}");
        }
    }

    [SkippableTheory]
    [InlineData("create")]
    [InlineData("write --to-origin")]
    [InlineData("merge")]
    public async Task name_an_origin_that_cannot_be_flushed(string command)
    {
        await FreshAsync(command);
        string[] args = command switch
        {
            "create" => ["create", Origin, Folder["new"], "--size", "1M"],
            "merge" => ["merge", Origin, Cow],
            _ => ["write", Origin, Cow, "--to-origin", "--at", "0", "--from", Folder["update"]],
        };
        var before = await File.ReadAllBytesAsync(Origin);
        var run = await Strace.RunAsync(Folder["strace.log"], Origin, "fsync,fdatasync:error=EIO", ["snapshot", .. args]);
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains($"ORIGIN '{Origin}' cannot be flushed (Input/output error (errno 5)): what a snapshot of it would show after a power cut is not known.",
            run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
        Assert.Equal(before, await File.ReadAllBytesAsync(Origin));
        Assert.False(File.Exists(Folder["new"]));
    }

    [SkippableFact]
    public async Task make_no_store_that_its_file_system_has_no_space_for_and_name_what_a_sparse_one_lacks()
    {
        Directory.CreateDirectory(Folder["small"]);
        var small = Own(await Tmpfs.MountAsync(Folder["small"], 256 << 10));
        Folder.RandomFile("origin", Length);
        var refused = await KcopydProcess.RunAsync("snapshot", "create", Origin, small["cow"], "--size", "2M");
        Assert.True(refused.ExitCode == 1, refused.ToString());
        Assert.Contains("its 2.0 MiB cannot be reserved: No space left on device (errno 28). Give a smaller --size; or leave it sparse",
            refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(small["cow"]));

        await DoAsync("create", Origin, small["cow"], "--size", "2M", "--sparse");
        Folder.RandomFile("update", 600_000);
        var lost = await KcopydProcess.RunAsync("snapshot", "write", Origin, small["cow"], "--to-origin", "--at", "0", "--from", Folder["update"]);
        Assert.True(lost.ExitCode == 3, lost.ToString());
        Assert.Contains("there is no space for its store, which is not full: No space left on device", lost.Error, StringComparison.Ordinal);
        await Files.AssertIdenticalAsync(Folder["update"], Origin, 600_000);
    }

    [SkippableFact]
    public async Task take_no_chunks_that_the_kernel_would_not_take()
    {
        Folder.RandomFile("disk", Length);
        var disk = Own(await LoopDevice.AttachAsync(Folder["disk"], 4096));
        var refused = await KcopydProcess.RunAsync("snapshot", "create", disk.Path, Cow, "--size", "2M", "--chunk", "512");
        Assert.True(refused.ExitCode == 2, refused.ToString());
        Assert.Contains($"--chunk 512: ORIGIN '{disk.Path}' has blocks of 4096 bytes, and the kernel accepts no snapshot with smaller chunks. "
            + "Give --chunk 4096 or more.", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Cow));
        await DoAsync("create", disk.Path, Cow, "--size", "2M");
        Assert.Contains(Cow, (await DoAsync("list", disk.Path, "--in", Path.GetDirectoryName(Cow)!)).Output, StringComparison.Ordinal);
    }

    private static bool Same(byte[] one, byte[] other) => one.AsSpan().SequenceEqual(other);

    /// <returns>The content of the snapshot.</returns>
    private async Task<byte[]> FreshAsync(string command)
    {
        if (_frozen.Length == 0)
        {
            _frozen = await File.ReadAllBytesAsync(Folder.RandomFile("origin", Length));
            Folder.RandomFile("update", 200_000);
            await DoAsync("create", Origin, Cow, "--size", "2M");
            await DoAsync("write", Origin, Cow, "--to-origin", "--at", "5000", "--from", Folder["update"]);
            (_origin, _cow) = (await File.ReadAllBytesAsync(Origin), await File.ReadAllBytesAsync(Cow));
        }
        // Written in place, because a new file would be a different origin.
        File.Delete(Folder["out"]);
        await File.WriteAllBytesAsync(Origin, command == "create" ? _frozen : _origin);
        await File.WriteAllBytesAsync(Cow, _cow);
        return [.. _frozen];
    }

    private static async Task<ToolResult> DoAsync(params string[] args)
    {
        var result = await KcopydProcess.RunAsync(["snapshot", .. args]);
        Assert.True(result is { ExitCode: 0, Error: "" }, result.ToString());
        return result;
    }
}
