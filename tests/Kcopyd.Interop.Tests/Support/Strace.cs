namespace Kcopyd.Interop.Tests.Support;

/// <summary>The command under strace, which injects failures of system calls.</summary>
internal static class Strace
{
    /// <param name="log">The file to which strace writes the traced calls.</param>
    /// <param name="path">The file whose system calls are affected.</param>
    /// <param name="inject">strace's expression, such as <c>fsync,fdatasync:error=EIO</c>.</param>
    /// <param name="kcopyd">The command's arguments.</param>
    public static Task<ToolResult> RunAsync(string log, string path, string inject, params IEnumerable<string> kcopyd) =>
        RunAsync(log, ["-P", path], inject, kcopyd);

    /// <summary>Affects the calls on all files, with a given I/O engine, or with the best that is allowed.</summary>
    public static Task<ToolResult> RunOnEngineAsync(string log, string engine, string inject, params IEnumerable<string> kcopyd) =>
        RunAsync(log, ["-E", $"KCOPYD_IO_ENGINE={engine}"], inject, kcopyd);

    /// <summary>Affects the calls on one file, with a given I/O engine.</summary>
    public static Task<ToolResult> RunOnEngineAsync(string log, string engine, string path, string inject, IEnumerable<string> kcopyd) =>
        RunAsync(log, ["-E", $"KCOPYD_IO_ENGINE={engine}", "-P", path], inject, kcopyd);

    private static async Task<ToolResult> RunAsync(string log, IEnumerable<string> options, string inject, IEnumerable<string> kcopyd)
    {
        Requires.Tools("strace");
        var calls = inject[..inject.IndexOf(':', StringComparison.Ordinal)];
        await using var process = Tool.Start("strace",
            ["-f", "-qq", "-s", "0", "-o", log, .. options, "-e", $"trace={calls}", "-e", $"inject={inject}", .. KcopydProcess.Command, .. kcopyd]);
        return await process.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
