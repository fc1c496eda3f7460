using System.Runtime.CompilerServices;
using PublicApiGenerator;
using Xunit;

namespace Kcopyd.Actors.Tests;

/// <summary>The public API only grows. It is recorded in a text file, so that every change to it is seen and reviewed.</summary>
public sealed class PublicApi_should
{
    private const string Accept = "KCOPYD_ACCEPT_API";

    [Fact]
    public void be_what_was_approved()
    {
        var file = Path.Combine(Folder(), "PublicApi.approved.txt");
        var options = new ApiGeneratorOptions { IncludeAssemblyAttributes = false };
        var api = typeof(KcopydExtension).Assembly.GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd() + "\n";
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
            If that is meant, accept it and commit the file: {Accept}=1 dotnet test tests/Kcopyd.Actors.Tests --filter {nameof(PublicApi_should)}
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

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
