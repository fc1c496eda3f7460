using System.Diagnostics;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests.Support;

internal static class Dotnet
{
    /// <summary>Runs <c>dotnet</c> in a folder; its output, or a failure with it.</summary>
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var (exitCode, output) = await TryRunAsync(folder, arguments);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {exitCode}: {output}");
        return output;
    }

    public static async Task<(int ExitCode, string Output)> TryRunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Nodes and compilers that outlive the build would hold the output of the test open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        // The build of the tests must not decide how this one works.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBuild", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
