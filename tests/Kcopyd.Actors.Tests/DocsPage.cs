using Xunit;

namespace Kcopyd.Actors.Tests;

/// <summary>A page of docs/ and the spec that compiles and runs its examples.</summary>
internal static class DocsPage
{
    /// <summary>Asserts that every line of C# on the page is also in one of the specs.</summary>
    /// <param name="name">The page's path relative to <c>docs</c>.</param>
    /// <param name="least">The page must show more lines of C# than this.</param>
    /// <param name="specs">The paths of the specs.</param>
    public static void ShowsOnlyCodeOf(string name, int least, params string[] specs)
    {
        var page = Path.GetFullPath(Path.Combine(Folder(specs[0]), name));
        var compiled = specs.SelectMany(File.ReadLines).Select(line => line.Trim()).ToHashSet();
        var shown = false;
        var lines = 0;
        foreach (var line in File.ReadLines(page))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                shown = line == "```csharp";
            else if (shown && line.Trim().Length > 0)
            {
                lines++;
                Assert.True(compiled.Contains(line.Trim()), $"{page} shows a line that is not in {string.Join(", ", specs)}:\n{line}");
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
