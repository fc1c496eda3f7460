using System.Diagnostics;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>What a program that ended left behind.</summary>
internal sealed record ToolResult(string Command, int ExitCode, string Output, string Error)
{
    public override string ToString() => $"{Command}\nexited with {ExitCode}\n--- stdout\n{Output}\n--- stderr\n{Error}";
}

/// <summary>Programs of the machine.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The path of a program, or null; also where only root's PATH looks.</summary>
    public static string? Find(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Starts a program; disposing it kills it if it still runs.</summary>
    public static RunningTool Start(string name, params IEnumerable<string> arguments)
    {
        Requires.Tools(name);
        var start = new ProcessStartInfo(Find(name)!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Our own runner's settings (a startup hook, say) are not for the programs that we test.
        start.Environment.Remove("DOTNET_STARTUP_HOOKS");
        start.Environment["LC_ALL"] = "C";
        return new RunningTool(start);
    }

    /// <summary>Runs a program to its end, whatever its exit status.</summary>
    public static async Task<ToolResult> RunAsync(string name, params IEnumerable<string> arguments)
    {
        await using var tool = Start(name, arguments);
        return await tool.WaitAsync(Patience);
    }

    /// <summary>Runs a program that must succeed, and returns what it printed.</summary>
    public static async Task<string> OutputAsync(string name, params IEnumerable<string> arguments)
    {
        var result = await RunAsync(name, arguments);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.ToString());
    }
}
