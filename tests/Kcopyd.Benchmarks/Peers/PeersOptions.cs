namespace Kcopyd.Benchmarks.Peers;

/// <summary>What the command line asks for.</summary>
internal sealed record PeersOptions
{
    public IReadOnlyList<string> Workloads { get; init; } = [];

    public int Rounds { get; init; }

    /// <summary>Bytes of the copied files.</summary>
    public long Size { get; init; }

    public required string Tmpfs { get; init; }

    public required string Disk { get; init; }

    /// <summary>A kcopyd executable; null publishes one.</summary>
    public string? Command { get; init; }

    public string? Json { get; init; }

    public string? Svg { get; init; }

    /// <summary>A Markdown page that gets the tables.</summary>
    public string? Docs { get; init; }
}
