namespace Kcopyd.Benchmarks.Peers;

/// <summary>The options of the command line.</summary>
internal sealed record PeersOptions
{
    public IReadOnlyList<string> Workloads { get; init; } = [];

    public int Rounds { get; init; }

    /// <summary>The size of the copied files in bytes.</summary>
    public long Size { get; init; }

    public required string Tmpfs { get; init; }

    public required string Disk { get; init; }

    /// <summary>The path of a kcopyd executable; if null, one is published.</summary>
    public string? Command { get; init; }

    public string? Json { get; init; }

    public string? Svg { get; init; }

    /// <summary>A Markdown page that receives the tables.</summary>
    public string? Docs { get; init; }
}
