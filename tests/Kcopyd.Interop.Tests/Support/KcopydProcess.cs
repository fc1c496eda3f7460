namespace Kcopyd.Interop.Tests.Support;

/// <summary>The built command, or the file that KCOPYD_COMMAND names, in its own process.</summary>
internal static class KcopydProcess
{
    public const int Interrupt = 2, Kill = 9;

    /// <summary>The trait of tests that start the command, which also run with the native program.</summary>
    public const string Trait = "Starts", Kcopyd = "kcopyd";

    // The reference to the host project places the command beside the tests.
    private static string Assembly => Path.Combine(AppContext.BaseDirectory, "kcopyd.dll");

    private static readonly string? Given = Environment.GetEnvironmentVariable("KCOPYD_COMMAND") is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    /// <summary>The command line that starts the command, for a tool that starts it. It resets SIGINT and SIGHUP, which a background job of a shell, or a
    /// program started by nohup, ignores, and the command would inherit that.</summary>
    public static IReadOnlyList<string> Command { get; } = Given is not null
        ? [Tool.Find("env")!, "--default-signal", Given]
        : [Tool.Find("env")!, "--default-signal", Tool.Find("dotnet")!, "exec", Assembly];

    public static RunningTool Start(params IEnumerable<string> arguments) => Tool.Start("env", [.. Command.Skip(1), .. arguments]);

    public static async Task<ToolResult> RunAsync(params IEnumerable<string> arguments)
    {
        await using var process = Start(arguments);
        return await process.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
