namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>The options of the command line.</summary>
internal sealed record SnapshotBenchOptions
{
    public int Rounds { get; init; }

    /// <summary>The size of the origin in bytes.</summary>
    public long Size { get; init; }

    /// <summary>The number of exceptions of the store to open.</summary>
    public long Exceptions { get; init; }

    /// <summary>The parts to run; all if empty.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    public required string Tmpfs { get; init; }

    public required string Disk { get; init; }

    public string? Json { get; init; }

    /// <summary>A Markdown page that receives the tables.</summary>
    public string? Docs { get; init; }

    public bool Has(string part) => Parts.Count == 0 || Parts.Contains(part);
}
