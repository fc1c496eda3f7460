using System.Diagnostics;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

/// <summary>A real block device backed by a file, detached with the test.</summary>
internal sealed class LoopDevice : IDisposable
{
    private LoopDevice(string path) => Path = path;

    public string Path { get; }

    /// <summary>Skips the test where loop devices cannot be created.</summary>
    public static LoopDevice Attach(string file, int sectorSize, bool readOnly = false, params string[] options)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root for losetup");
        Skip.IfNot(File.Exists("/dev/loop-control"), "needs the loop driver (/dev/loop-control)");
        return new LoopDevice(Run("losetup",
            ["--find", "--show", "--sector-size", $"{sectorSize}", .. readOnly ? new[] { "--read-only" } : [], .. options, file]).Trim());
    }

    public void Dispose() => Run("losetup", ["--detach", Path]);

    public static string Run(string command, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {error.GetAwaiter().GetResult()}");
    }
}
