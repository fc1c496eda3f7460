using System.Runtime.InteropServices;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// Who uses which memory now. A device owns the memory of an I/O from its issue to its completion; if somebody else writes there
/// meanwhile, pages were given out twice.
/// </summary>
internal sealed class MemoryWatch(IoLog log)
{
    private readonly List<Use> _uses = [];

    /// <summary>An I/O begins to use its memory.</summary>
    public void Begin(SimulatedIo io)
    {
        var fills = io.Kind == DiskIoKind.Read;
        var memory = fills ? io.Buffer : io.Data;
        if (memory.IsEmpty)
            return;
        if (!MemoryMarshal.TryGetArray(memory, out var segment))
            throw new InvalidOperationException("Only arrays can be watched.");
        var use = new Use(io, segment, fills, fills ? null : memory.ToArray());
        foreach (var other in _uses)
        {
            if ((fills || other.Fills) && other.Overlaps(use))
                log.Complaints.Add($"memory has two owners: [{other.By}] and [{io}]");
        }
        _uses.Add(use);
        if (fills)
            segment.AsSpan().Fill(0xDB);    // poison: a writer that gets these pages before the read is done shows it
    }

    /// <summary>It no longer does.</summary>
    public void End(SimulatedIo io)
    {
        var index = _uses.FindIndex(use => use.By == io);
        if (index < 0)
            return;
        var use = _uses[index];
        _uses.RemoveAt(index);
        if (use.Content is { } content && !use.Segment.AsSpan().SequenceEqual(content))
            log.Complaints.Add($"memory changed under [{io}]");
    }

    private sealed record Use(SimulatedIo By, ArraySegment<byte> Segment, bool Fills, byte[]? Content)
    {
        public bool Overlaps(Use other) => Segment.Array == other.Segment.Array
            && Segment.Offset < other.Segment.Offset + other.Segment.Count && other.Segment.Offset < Segment.Offset + Segment.Count;
    }
}
