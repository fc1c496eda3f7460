namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>Bytes of a device, whole pages.</summary>
internal readonly record struct PageRange(long Offset, int Length);

/// <summary>Requests that are made together, so many at once, and a flush after them if so asked.</summary>
internal sealed record LoadPhase(IReadOnlyList<PageRange> Reads, IReadOnlyList<PageRange> Writes, bool Flush);

/// <summary>What is asked of a snapshot.</summary>
/// <param name="Name">As in reports for programs.</param>
/// <param name="Title">For people.</param>
/// <param name="Description">What stands for what.</param>
/// <param name="Depth">Requests in flight.</param>
/// <param name="Phases">One after the other.</param>
internal sealed record Load(string Name, string Title, string Description, int Depth, IReadOnlyList<LoadPhase> Phases)
{
    public long Bytes { get; } = Phases.Sum(static phase => phase.Writes.Sum(static write => (long)write.Length));

    /// <summary>Chunks that are written at least once.</summary>
    public long Chunks { get; } = Phases.SelectMany(static phase => phase.Writes)
        .SelectMany(static write => Enumerable.Range(0, write.Length / SnapshotFiles.ChunkSize).Select(i => (write.Offset / SnapshotFiles.ChunkSize) + i)).Distinct().LongCount();

    public static Load Sequential(string name, string title, string description, long bytes, int request, int depth) =>
        new(name, title, description, depth, [new([], [.. Enumerable.Range(0, (int)(bytes / request)).Select(i => new PageRange((long)i * request, request))], Flush: true)]);

    /// <summary>Scattered single chunks, each once.</summary>
    public static Load Fresh(long originBytes, long count, int depth, bool scattered)
    {
        var stride = scattered ? Stride(originBytes) : 1;
        var chunks = originBytes / SnapshotFiles.ChunkSize;
        var writes = Enumerable.Range(0, (int)count).Select(i => new PageRange(i * stride % chunks * SnapshotFiles.ChunkSize, SnapshotFiles.ChunkSize)).ToArray();
        return new("fresh", "fresh chunks", "", depth, [new([], writes, Flush: false)]);
    }

    /// <summary>In chunks: a step that meets each chunk once before it meets one twice, and neighbours late (the golden section).</summary>
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
