using Xunit;

namespace Kcopyd.Actors.Tests;

/// <summary>A page of docs/ and the spec that compiles and runs its examples.</summary>
internal static class DocsPage
{
    /// <summary>Every line of C# that the page shows stands in the spec.</summary>
    /// <param name="name">The page's file name.</param>
    /// <param name="spec">The spec's path.</param>
    /// <param name="least">Lines that it shows at least.</param>
    public static void ShowsOnlyCodeOf(string name, string spec, int least)
    {
        var page = Path.Combine(Folder(spec), name);
        var compiled = File.ReadLines(spec).Select(line => line.Trim()).ToHashSet();
        var shown = false;
        var lines = 0;
        foreach (var line in File.ReadLines(page))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                shown = line == "```csharp";
            else if (shown && line.Trim().Length > 0)
            {
                lines++;
                Assert.True(compiled.Contains(line.Trim()), $"{page} shows a line that is not in {spec}:\n{line}");
            }
        }
        Assert.True(lines > least, $"{page} shows {lines} lines of code; where are the examples?");
    }

    private static string Folder(string file)
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(file)!);
        while (!File.Exists(Path.Combine(folder.FullName, "Kcopyd.Actors.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"no folder above {file} has Kcopyd.Actors.sln");
        return Path.Combine(folder.FullName, "docs");
    }
}
