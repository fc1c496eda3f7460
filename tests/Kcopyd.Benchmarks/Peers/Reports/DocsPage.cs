namespace Kcopyd.Benchmarks.Peers.Reports;

/// <summary>A Markdown page that contains the tables of a command between two comments.</summary>
internal static class DocsPage
{
    /// <summary>Checks the page before anything is measured, so that a run does not fail at its end.</summary>
    public static void Require(string path, string command)
    {
        if (!File.Exists(path) || Find(File.ReadAllText(path), command) is null)
            throw new PeersException($"--docs {path}: no such page, or it lacks the lines '{Begin(command)}' and '{End(command)}'");
    }

    public static void Replace(string path, string command, string tables)
    {
        var page = File.ReadAllText(path);
        if (Find(page, command) is var (start, end))
            File.WriteAllText(path, $"{page[..start]}\n\n{tables.Trim()}\n\n{page[end..]}");
    }

    private static (int Start, int End)? Find(string page, string command)
    {
        int begin = page.IndexOf(Begin(command), StringComparison.Ordinal), end = page.IndexOf(End(command), StringComparison.Ordinal);
        return begin < 0 || end < begin ? null : (begin + Begin(command).Length, end);
    }

    private static string Begin(string command) => $"<!-- {command}: begin -->";

    private static string End(string command) => $"<!-- {command}: end -->";
}
