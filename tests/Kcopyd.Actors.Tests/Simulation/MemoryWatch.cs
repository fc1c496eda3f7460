using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// Who uses which memory now. A device owns the memory of an I/O from its issue to its completion; if somebody else writes there
/// meanwhile, pages were given out twice.
/// </summary>
internal sealed class MemoryWatch(IoLog log)
{
    private readonly List<Use> _uses = [];

    /// <summary>An I/O begins to use memory.</summary>
    /// <param name="by">Who.</param>
    /// <param name="memory">What.</param>
    /// <param name="fills">True if it will write there: a read.</param>
    public Use Begin(IoEntry by, ReadOnlyMemory<byte> memory, bool fills)
    {
        if (!MemoryMarshal.TryGetArray(memory, out var segment))
            throw new InvalidOperationException("Only arrays can be watched.");
        var use = new Use(by, segment, fills, fills ? null : memory.ToArray());
        foreach (var other in _uses)
        {
            if ((fills || other.Fills) && other.Overlaps(use))
                log.Complaints.Add($"memory has two owners: [{other.By}] and [{by}]");
        }
        _uses.Add(use);
        if (fills)
            segment.AsSpan().Fill(0xDB);    // poison: a writer that gets these pages before the read is done shows it
        return use;
    }

    public void End(Use use)
    {
        _uses.Remove(use);
        if (use.Content is { } content && !use.Segment.AsSpan().SequenceEqual(content))
            log.Complaints.Add($"memory changed under [{use.By}]");
    }

    internal sealed record Use(IoEntry By, ArraySegment<byte> Segment, bool Fills, byte[]? Content)
    {
        public bool Overlaps(Use other) => Segment.Array == other.Segment.Array
            && Segment.Offset < other.Segment.Offset + other.Segment.Count && other.Segment.Offset < Segment.Offset + Segment.Count;
    }
}
