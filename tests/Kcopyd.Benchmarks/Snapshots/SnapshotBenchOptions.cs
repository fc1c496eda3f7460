namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>What the command line asks for.</summary>
internal sealed record SnapshotBenchOptions
{
    public int Rounds { get; init; }

    /// <summary>Bytes of the origin.</summary>
    public long Size { get; init; }

    /// <summary>Exceptions of the store that is opened.</summary>
    public long Exceptions { get; init; }

    /// <summary>Which parts of the run; all if empty.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    public required string Tmpfs { get; init; }

    public required string Disk { get; init; }

    public string? Json { get; init; }

    /// <summary>A Markdown page that gets the tables.</summary>
    public string? Docs { get; init; }

    public bool Has(string part) => Parts.Count == 0 || Parts.Contains(part);
}
