namespace Kcopyd.Interop.Tests.Support;

/// <summary>The command under strace, which makes system calls fail as it is told to.</summary>
internal static class Strace
{
    /// <param name="log">Where strace writes the calls that it saw.</param>
    /// <param name="path">The file whose system calls are meant.</param>
    /// <param name="inject">strace's expression, such as <c>fsync,fdatasync:error=EIO</c>.</param>
    /// <param name="kcopyd">The command's arguments.</param>
    public static Task<ToolResult> RunAsync(string log, string path, string inject, params IEnumerable<string> kcopyd) =>
        RunAsync(log, ["-P", path], inject, kcopyd);

    /// <summary>Whatever the file, on the engine of that name, or on the best that is allowed.</summary>
    public static Task<ToolResult> RunOnEngineAsync(string log, string engine, string inject, params IEnumerable<string> kcopyd) =>
        RunAsync(log, ["-E", $"KCOPYD_IO_ENGINE={engine}"], inject, kcopyd);

    /// <summary>One file's calls, on that engine.</summary>
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
