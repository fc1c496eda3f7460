namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>A range of a device in bytes, made of whole pages.</summary>
internal readonly record struct PageRange(long Offset, int Length);

/// <summary>Reads, then writes, each with a given number in flight, and then a flush if requested.</summary>
internal sealed record LoadPhase(IReadOnlyList<PageRange> Reads, IReadOnlyList<PageRange> Writes, bool Flush);

/// <summary>The requests to a snapshot.</summary>
/// <param name="Name">The name in JSON reports and folders.</param>
/// <param name="Title">The title in tables.</param>
/// <param name="Description">The program that the load stands for.</param>
/// <param name="Depth">The number of requests in flight.</param>
/// <param name="Phases">The phases, which run one after the other.</param>
internal sealed record Load(string Name, string Title, string Description, int Depth, IReadOnlyList<LoadPhase> Phases)
{
    public long Bytes { get; } = Phases.Sum(static phase => phase.Writes.Sum(static write => (long)write.Length));

    /// <summary>Chunks that are written at least once.</summary>
    public long Chunks { get; } = Phases.SelectMany(static phase => phase.Writes)
        .SelectMany(static write => Enumerable.Range(0, write.Length / SnapshotFiles.ChunkSize).Select(i => (write.Offset / SnapshotFiles.ChunkSize) + i))
        .Distinct()
        .LongCount();

    public static Load Sequential(string name, string title, string description, long bytes, int request, int depth)
    {
        var writes = Enumerable.Range(0, (int)(bytes / request)).Select(i => new PageRange((long)i * request, request)).ToArray();
        return new(name, title, description, depth, [new([], writes, Flush: true)]);
    }

    /// <summary>Scattered single chunks, each once.</summary>
    public static Load Fresh(long originBytes, long count, int depth, bool scattered)
    {
        var stride = scattered ? Stride(originBytes) : 1;
        var chunks = originBytes / SnapshotFiles.ChunkSize;
        var writes = Enumerable.Range(0, (int)count)
            .Select(i => new PageRange(i * stride % chunks * SnapshotFiles.ChunkSize, SnapshotFiles.ChunkSize))
            .ToArray();
        return new("fresh", "fresh chunks", "", depth, [new([], writes, Flush: false)]);
    }

    /// <summary>A stride, in chunks, that reaches every chunk once before it repeats one, and reaches neighbors far apart (the golden section).</summary>
    public static long Stride(long originBytes)
    {
        var chunks = originBytes / SnapshotFiles.ChunkSize;
        var stride = (long)(chunks * 0.6180339887);
        while (Gcd(stride, chunks) != 1)
            stride++;
        return stride;
    }

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
}
