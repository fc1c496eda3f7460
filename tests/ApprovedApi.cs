using System.Reflection;
using PublicApiGenerator;
using Xunit;

namespace Kcopyd.Tests;

/// <summary>The public API of an assembly, as a text file records it. Compiled into the tests of each package.</summary>
internal static class ApprovedApi
{
    private const string Accept = "KCOPYD_ACCEPT_API";

    /// <summary>Asserts that the API is the recorded one; with <c>KCOPYD_ACCEPT_API=1</c>, records it.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="folder">The folder of the file, which is that of the tests.</param>
    public static void Check(Assembly assembly, string folder)
    {
        var file = Path.Combine(folder, "PublicApi.approved.txt");
        var options = new ApiGeneratorOptions { IncludeAssemblyAttributes = false };
        var api = assembly.GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, api);
        var approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (api == approved)
            return;
        var (now, before) = (api.Split('\n'), approved.Split('\n'));
        var changes = Without(before, now).Select(static line => "- " + line.Trim()).Concat(Without(now, before).Select(static line => "+ " + line.Trim()));
        Assert.Fail($"""
            The public API differs from {file}:
            {string.Join('\n', changes.Take(60))}
            If that is meant, accept it and commit the file: {Accept}=1 dotnet test tests/{Path.GetFileName(folder)} --filter PublicApi_should
            """);
    }

    // Several types may have the same line.
    private static List<string> Without(string[] lines, string[] others)
    {
        var left = lines.ToList();
        foreach (var other in others)
            left.Remove(other);
        return left;
    }
}
