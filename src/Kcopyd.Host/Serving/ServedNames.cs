namespace Kcopyd.Host.Serving;

/// <summary>The files and snapshots that the command line names, with the names of their exports. Nothing is opened yet.</summary>
internal sealed class ServedNames
{
    private readonly List<ServedFile> _files = [];
    private readonly List<ServedSnapshot> _snapshots = [];

    /// <summary>Reads the arguments.</summary>
    /// <param name="files">FILE…</param>
    /// <param name="exports">NAME=PATH of each <c>--export</c>.</param>
    /// <param name="snapshots">[NAME=]ORIGIN,COW of each <c>--snapshot</c>.</param>
    /// <exception cref="UsageException">An argument is malformed, or there is none.</exception>
    public ServedNames(IReadOnlyList<string> files, IReadOnlyList<string> exports, IReadOnlyList<string> snapshots)
    {
        foreach (var path in files)
            _files.Add(new ServedFile(files.Count == 1 ? "" : Path.GetFileName(path), Of(files.Count == 1 ? "FILE" : $"FILE {_files.Count + 1}", path)));
        foreach (var text in exports)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at < 0)
                throw new UsageException($"--export '{text}': must be NAME=PATH, such as 'disk={text}'.");
            _files.Add(new ServedFile(text[..at], Of("--export", text[(at + 1)..])));
        }
        foreach (var text in snapshots)
        {
            var (name, pair) = Split(text);
            var paths = pair.Split(',');
            if (paths.Length != 2 || paths[0].Length == 0 || paths[1].Length == 0)
            {
                throw new UsageException($"--snapshot '{text}': must be ORIGIN,COW or NAME=ORIGIN,COW. "
                    + "For a path that contains a comma, create a link without one.");
            }
            _snapshots.Add(new ServedSnapshot(name ?? Path.GetFileName(paths[1]), paths[0], paths[1]));
        }
        if (_files.Count + _snapshots.Count == 0)
            throw new UsageException("there is nothing to serve: give a FILE, --export NAME=PATH or --snapshot ORIGIN,COW.");
    }

    public IReadOnlyList<ServedFile> Files => _files;

    /// <summary>All files and devices to open.</summary>
    public IEnumerable<Operand> All => _snapshots
        .SelectMany(static snapshot => new[] { new Operand("ORIGIN", snapshot.Origin, 0, null), new Operand("COW", snapshot.Cow, 0, null) })
        .Concat(_files.Select(static file => file.Operand));

    /// <summary>The snapshots, grouped by origin with links resolved, so that one origin has all its snapshots.</summary>
    public IEnumerable<IGrouping<string, ServedSnapshot>> Snapshots =>
        _snapshots.GroupBy(static snapshot => Resolved(snapshot.Origin), StringComparer.Ordinal);

    private static Operand Of(string argument, string path) =>
        path.Length == 0 ? throw new UsageException($"{argument} is empty: give a path.") : new Operand(argument, path, 0, null);

    // The name is optional. Text that begins with a slash or a dot is a path without a name, even if it contains a '='.
    private static (string? Name, string Text) Split(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at < 0 || text[0] is '/' or '.' ? (null, text) : (text[..at], text[(at + 1)..]);
    }

    private static string Resolved(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        }
        catch (IOException)
        {
            return Path.GetFullPath(path);      // opening the file reports the error
        }
    }
}

/// <summary>A file or block device.</summary>
internal sealed record ServedFile(string Name, Operand Operand);

/// <summary>A snapshot of an origin.</summary>
internal sealed record ServedSnapshot(string Name, string Origin, string Cow);
