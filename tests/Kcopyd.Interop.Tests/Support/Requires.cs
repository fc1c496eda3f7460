using Xunit;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>What a test requires of the machine. Without it, the test is skipped with the reason; with KCOPYD_NO_SKIP=1 it fails.</summary>
internal static class Requires
{
    public static void Root(string what) => That(Environment.IsPrivilegedProcess, $"needs root to {what}");

    public static void Tools(params string[] names)
    {
        foreach (var name in names)
            That(Tool.Find(name) is not null, $"needs the program '{name}' (on Debian, ./test as root installs it)");
    }

    public static void LoopDevices()
    {
        Root("attach loop devices");
        Tools("losetup");
        That(File.Exists("/dev/loop-control"), "needs the kernel's loop driver (/dev/loop-control)");
    }

    public static void Fuse()
    {
        Root("mount what nbdkit serves");
        Tools("nbdkit", "nbdfuse", "fusermount3");
        That(File.Exists("/dev/fuse"), "needs the kernel's FUSE (/dev/fuse; try 'modprobe fuse')");
    }

    /// <summary>Requires io_uring, as the command detects it.</summary>
    public static async Task RingsAsync()
    {
        var zero = await Tool.RunAsync("env", ["KCOPYD_IO_ENGINE=io_uring", .. KcopydProcess.Command, "copy", "/dev/null", "/dev/null"]);
        That(!zero.Error.Contains("KCOPYD_IO_ENGINE", StringComparison.Ordinal),
            "needs io_uring (the sysctl kernel.io_uring_disabled, the container's seccomp profile)");
    }

    public static void That(bool holds, string reason)
    {
        if (holds)
            return;
        if (Environment.GetEnvironmentVariable("KCOPYD_NO_SKIP") == "1")
            Assert.Fail($"{reason}; KCOPYD_NO_SKIP=1 forbids skipping");
        throw new SkipException(reason);
    }
}
