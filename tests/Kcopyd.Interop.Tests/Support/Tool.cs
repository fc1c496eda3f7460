using System.Diagnostics;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>The result of a program that has ended.</summary>
internal sealed record ToolResult(string Command, int ExitCode, string Output, string Error)
{
    public override string ToString() => $"{Command}\nexited with {ExitCode}\n--- stdout\n{Output}\n--- stderr\n{Error}";
}

/// <summary>Runs programs of the machine.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The path of a program, or null; includes folders that only root's PATH contains.</summary>
    public static string? Find(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Starts a program; disposing the returned object kills the program if it is still running.</summary>
    public static RunningTool Start(string name, params IEnumerable<string> arguments)
    {
        Requires.Tools(name);
        var start = new ProcessStartInfo(Find(name)!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Settings for the test runner (such as a startup hook) must not apply to the tested programs.
        start.Environment.Remove("DOTNET_STARTUP_HOOKS");
        start.Environment["LC_ALL"] = "C";
        return new RunningTool(start);
    }

    /// <summary>Runs a program to its end; any exit status is accepted.</summary>
    public static async Task<ToolResult> RunAsync(string name, params IEnumerable<string> arguments)
    {
        await using var tool = Start(name, arguments);
        return await tool.WaitAsync(Patience);
    }

    /// <summary>Runs a program that must succeed, and returns its output.</summary>
    public static async Task<string> OutputAsync(string name, params IEnumerable<string> arguments)
    {
        var result = await RunAsync(name, arguments);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.ToString());
    }
}
