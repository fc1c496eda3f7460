using System.Diagnostics;
using Xunit;

namespace Kcopyd.Host.Tests;

/// <summary>Programs of the system that the tests use.</summary>
internal static class Tool
{
    /// <summary>Skips the test where a program is not installed.</summary>
    public static void Need(string name, string package) => Skip.IfNot(
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, name))),
        $"needs {name} (Debian package {package})");

    /// <summary>Runs a program to its end and returns its standard output; an exit status other than 0 fails the test.</summary>
    public static string Run(string name, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(name, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', args)}: exit status {process.ExitCode}: {error.GetAwaiter().GetResult()}");
        return output;
    }
}
