namespace Kcopyd.Benchmarks.Peers.Reports;

/// <summary>A Markdown page that holds the tables between two comments.</summary>
internal static class DocsPage
{
    private const string Begin = "<!-- peers: begin -->", End = "<!-- peers: end -->";

    /// <summary>Fails before anything is measured, not after.</summary>
    public static void Require(string path)
    {
        if (!File.Exists(path) || Find(File.ReadAllText(path)) is null)
            throw new PeersException($"--docs {path}: no such page, or it lacks the lines '{Begin}' and '{End}'");
    }

    public static void Replace(string path, string tables)
    {
        var page = File.ReadAllText(path);
        if (Find(page) is var (start, end))
            File.WriteAllText(path, $"{page[..start]}\n\n{tables.Trim()}\n\n{page[end..]}");
    }

    private static (int Start, int End)? Find(string page)
    {
        int begin = page.IndexOf(Begin, StringComparison.Ordinal), end = page.IndexOf(End, StringComparison.Ordinal);
        return begin < 0 || end < begin ? null : (begin + Begin.Length, end);
    }
}
