using System.Text.RegularExpressions;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

/// <summary>The command where the kernel allows io_uring, where it does not, and where calls of io_uring fail temporarily.</summary>
[Trait(KcopydProcess.Trait, KcopydProcess.Kcopyd)]
public sealed partial class IoEngines_should : CommandTest
{
    private const long Length = (8 << 20) + 777;

    [SkippableTheory]
    [InlineData("EPERM", "Operation not permitted")]
    [InlineData("ENOSYS", "Function not implemented")]
    public async Task copy_on_threads_where_io_uring_is_not_allowed_and_say_so_once(string error, string message)
    {
        var source = Folder.RandomFile("source", Length);

        var run = await Strace.RunOnEngineAsync(Folder["strace.log"], "auto", $"io_uring_setup:error={error}",
            "copy", "--log-level", "information", "--progress", "none", source, Folder["copy"], Folder["another"]);

        Assert.True(run.ExitCode == 0, run.ToString());
        await Files.AssertIdenticalAsync(source, Folder["copy"]);
        await Files.AssertIdenticalAsync(source, Folder["another"]);
        Assert.Single(NotHere().Matches(run.Error));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task say_nothing_of_it_by_default()
    {
        var source = Folder.RandomFile("source", Length);

        var run = await Strace.RunOnEngineAsync(Folder["strace.log"], "auto", "io_uring_setup:error=EPERM",
            "copy", "--progress", "none", source, Folder["copy"]);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("", run.Error);
        await Files.AssertIdenticalAsync(source, Folder["copy"]);
    }

    [SkippableFact]
    public async Task not_begin_where_it_must_be_io_uring_and_that_is_not_allowed()
    {
        var source = Folder.RandomFile("source", Length);

        var run = await Strace.RunOnEngineAsync(Folder["strace.log"], "io_uring", "io_uring_setup:error=EPERM", "copy", source, Folder["copy"]);

        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.StartsWith("kcopyd: KCOPYD_IO_ENGINE = io_uring: it is not available here (Operation not permitted).", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));     // no stack trace
    }

    [SkippableFact]
    public async Task not_begin_on_one_that_there_is_not()
    {
        var run = await Tool.RunAsync("env", ["KCOPYD_IO_ENGINE=uring", .. KcopydProcess.Command, "copy", Folder.RandomFile("source", Length), Folder["copy"]]);

        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("kcopyd: KCOPYD_IO_ENGINE = uring: must be auto, io_uring or threads.", run.Error.Trim());
    }

    [SkippableFact]
    public async Task make_no_ring_where_it_is_threads()
    {
        var source = Folder.RandomFile("source", Length);

        var run = await Strace.RunOnEngineAsync(Folder["strace.log"], "threads", "io_uring_setup:error=EIO",
            "copy", "--progress", "none", source, Folder["copy"]);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.DoesNotContain("io_uring_setup", File.ReadAllText(Folder["strace.log"]), StringComparison.Ordinal);
        await Files.AssertIdenticalAsync(source, Folder["copy"]);
    }

    // The errors hit the first calls of each thread, which must submit again or wait again.
    [SkippableTheory]
    [InlineData("EAGAIN")]
    [InlineData("EINTR")]
    [InlineData("EBUSY")]
    public async Task copy_right_although_the_kernel_takes_no_request_now_and_then(string error)
    {
        await Requires.RingsAsync();
        var source = Folder.RandomFile("source", Length);

        var run = await Strace.RunOnEngineAsync(Folder["strace.log"], "io_uring", $"io_uring_enter:error={error}:when=1..9+2",
            "copy", "--io", "direct", "--subjob", "64K", "--progress", "none", source, Folder["copy"]);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains($"{error} ", File.ReadAllText(Folder["strace.log"]), StringComparison.Ordinal);
        await Files.AssertIdenticalAsync(source, Folder["copy"]);
    }

    [GeneratedRegex("io_uring is not available here")]
    private static partial Regex NotHere();
}
