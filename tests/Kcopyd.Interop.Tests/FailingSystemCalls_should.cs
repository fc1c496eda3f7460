using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

/// <summary>Errors of system calls that no device here produces, injected by strace.</summary>
[Trait(KcopydProcess.Trait, KcopydProcess.Kcopyd)]
public sealed class FailingSystemCalls_should : CommandTest
{
    private const long Length = 4 << 20;

    [SkippableTheory]
    [InlineData("EIO", "--ignore-errors")]
    [InlineData("EIO", "--ignore-errors", "--verify")]
    [InlineData("ENOSPC", "--sequential")]
    [InlineData("EDQUOT", "--ignore-errors")]
    public async Task not_hide_a_failed_flush_of_one_destination(string error, params string[] options)
    {
        var source = Folder.RandomFile("source", Length);

        var run = await Strace.RunAsync(Folder["strace.log"], Folder["failing"], $"fsync,fdatasync:error={error}",
            ["copy", "--json", .. options, source, Folder["good"], Folder["failing"]]);

        Assert.True(run.ExitCode == 1, run.ToString());
        var report = CommandReport.Of(run);
        Assert.False(report.ReadError);
        Assert.Equal(2UL, report.WriteErrors);
        Assert.Null(report.Destinations[0].Error);
        Assert.Contains("flush failed", report.Destinations[1].Error, StringComparison.Ordinal);
        Assert.Contains(Folder["failing"], run.Error, StringComparison.Ordinal);
        await Files.AssertIdenticalAsync(source, Folder["good"]);
    }

    [SkippableFact]
    public async Task set_the_bit_of_a_destination_whose_later_writes_have_no_space()
    {
        var source = Folder.RandomFile("source", Length);

        // strace counts per thread: of the 64 writes, each thread's writes after its second fail for lack of space.
        var run = await Strace.RunAsync(Folder["strace.log"], Folder["failing"], "pwrite64:error=ENOSPC:when=3+",
            "copy", "--json", "--ignore-errors", "--subjob", "64K", source, Folder["failing"], Folder["good"]);

        Assert.True(run.ExitCode == 1, run.ToString());
        var report = CommandReport.Of(run);
        Assert.False(report.ReadError);
        Assert.Equal(1UL, report.WriteErrors);
        Assert.InRange(report.Destinations[0].Bytes, 0, Length - 1);
        Assert.Contains("No space left on device (errno 28)", report.Destinations[0].Error, StringComparison.Ordinal);
        await Files.AssertIdenticalAsync(source, Folder["good"]);
    }

    [SkippableFact]
    public async Task stop_the_copy_at_a_failed_write_where_errors_are_not_ignored()
    {
        var source = Folder.RandomFile("source", Length);

        var run = await Strace.RunAsync(Folder["strace.log"], Folder["failing"], "pwrite64:error=EIO:when=1+",
            "copy", "--json", "--subjob", "64K", source, Folder["failing"], Folder["good"]);

        Assert.True(run.ExitCode == 1, run.ToString());
        var report = CommandReport.Of(run);
        Assert.Equal(1UL, report.WriteErrors & 1);
        // Until the file system has reported that it cannot write without waiting, pieces go through the ring, which strace does not see: those that are in
        // flight at once, and those that follow them before the first has failed.
        Assert.InRange(report.Destinations[0].Bytes, 0, Length / 4);
        Assert.True(report.Destinations[1].Bytes < Length, "the copy continued");
    }

    [SkippableTheory]
    [InlineData("ioctl", "EOPNOTSUPP", "reflink", "copy")]
    [InlineData("ioctl", "EIO", "reflink", "copy")]
    [InlineData("ioctl", "EINVAL", "reflink,kernel-copy", "copy")]
    [InlineData("copy_file_range", "EOPNOTSUPP", "kernel-copy", "copy")]
    [InlineData("copy_file_range", "EXDEV", "kernel-copy", "copy")]
    [InlineData("copy_file_range", "EIO", "kernel-copy", "copy")]
    [InlineData("lseek", "EINVAL", "holes", "source")]
    [InlineData("lseek", "EIO", "holes", "source")]
    [InlineData("lseek", "EIO", "holes", "copy")]
    [InlineData("fallocate", "EOPNOTSUPP", "holes", "old")]
    public async Task copy_what_the_file_system_refuses_to_do_by_itself(string call, string error, string offload, string path)
    {
        SparseFiles.Create(Folder["source"], Length, (4096, 1 << 20), (3 << 20, 10_000));
        if (call is "ioctl" or "copy_file_range")
            Folder.RandomFile("source", Length);    // without holes, so that clones are tried
        var copy = path == "old" ? Folder.RandomFile("old", Length, seed: 2) : Folder["copy"];

        var run = await Strace.RunAsync(Folder["strace.log"], Folder[path], $"{call}:error={error}",
            "copy", "--json", "--io", "buffered", "--offload", offload, Folder["source"], copy, "--overwrite");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("", run.Error);
        await Files.AssertIdenticalAsync(Folder["source"], copy);
        Assert.Matches($"{call}\\(.*{error}.*\\(INJECTED\\)", File.ReadAllText(Folder["strace.log"]));
        var offloaded = CommandReport.Of(run).Offloaded;
        Assert.Equal(offload.Contains(',', StringComparison.Ordinal) ? Length : 0, offloaded.KernelCopy);
        Assert.Equal(0, offloaded.Reflink);
    }

    // strace can only pretend that a call transferred 100 bytes; it does not transfer them. The pretense is true if those bytes are zeroes, because new memory
    // and a new file are zeroes too.
    [SkippableTheory]
    [InlineData("threads", "pread64")]
    [InlineData("threads", "pwrite64")]
    [InlineData("io_uring", "preadv2")]
    [InlineData("io_uring", "pwritev2")]
    public async Task continue_where_a_short_transfer_ended(string engine, string call)
    {
        var content = File.ReadAllBytes(Folder.RandomFile("source", 300_000));
        content.AsSpan(0, 100).Clear();
        File.WriteAllBytes(Folder["source"], content);

        if (engine == "io_uring")
            await Requires.RingsAsync();
        var path = Folder[call.StartsWith("pread", StringComparison.Ordinal) ? "source" : "copy"];
        var run = await Strace.RunOnEngineAsync(Folder["strace.log"], engine, path, $"{call}:retval=100:when=1",
            ["copy", "--json", "--io", "buffered", Folder["source"], Folder["copy"]]);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(content.Length, CommandReport.Of(run).Bytes);
        await Files.AssertIdenticalAsync(Folder["source"], Folder["copy"]);
        Assert.Matches($"{call}\\(.*= 100 \\(INJECTED\\)", File.ReadAllText(Folder["strace.log"]));
    }
}
