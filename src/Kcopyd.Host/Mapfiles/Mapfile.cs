namespace Kcopyd.Host.Mapfiles;

/// <summary>
/// The status of every byte of an input, as GNU ddrescue keeps it: blocks in order, without gaps from byte 0 on, neighbors of the same status merged. What lies
/// behind the last block is non-tried.
/// </summary>
internal sealed class Mapfile
{
    private const int MinForMerge = 8;      // ranges: marking ranges one by one moves the rest of the list each time

    private readonly List<MapBlock> _blocks = [];

    public IReadOnlyList<MapBlock> Blocks => _blocks;

    /// <summary>The number of bytes that the blocks cover.</summary>
    public long End => _blocks.Count == 0 ? 0 : _blocks[^1].End;

    /// <summary>Extends the map to at least <paramref name="end"/>.</summary>
    public void Extend(long end)
    {
        if (end > End)
            Append(new MapBlock(End, end - End, MapStatus.NonTried));
    }

    /// <summary>Adds a block at the end; a gap before it is non-tried.</summary>
    /// <exception cref="ArgumentException">The block begins before the end, or is empty.</exception>
    public void Append(MapBlock block)
    {
        if (block.Position < End || block.Size <= 0 || block.Position > long.MaxValue - block.Size)
            throw new ArgumentException($"A block at {block.Position} of {block.Size} bytes does not follow the {End} bytes before it.", nameof(block));
        Extend(block.Position);
        if (_blocks.Count > 0 && _blocks[^1].Status == block.Status)
            _blocks[^1] = _blocks[^1] with { Size = _blocks[^1].Size + block.Size };
        else
            _blocks.Add(block);
    }

    /// <summary>Sets the status of a range, which may extend past the end.</summary>
    public void Mark(long position, long size, MapStatus status)
    {
        if (size <= 0)
            return;
        var end = position + size;
        Extend(end);
        var (first, last) = (IndexOf(position), IndexOf(end - 1));
        var pieces = new List<MapBlock>(5);
        Add(first > 0 ? _blocks[first - 1] : null);
        Add(Clip(_blocks[first], 0, position));
        Add(new MapBlock(position, size, status));
        Add(Clip(_blocks[last], end, long.MaxValue));
        Add(last + 1 < _blocks.Count ? _blocks[last + 1] : null);
        var from = Math.Max(0, first - 1);
        _blocks.RemoveRange(from, Math.Min(_blocks.Count, last + 2) - from);
        _blocks.InsertRange(from, pieces);

        void Add(MapBlock? piece)
        {
            if (piece is not { Size: > 0 } block)
                return;
            if (pieces.Count > 0 && pieces[^1].Status == block.Status)
                pieces[^1] = pieces[^1] with { Size = pieces[^1].Size + block.Size };
            else
                pieces.Add(block);
        }
    }

    /// <summary>Sets the statuses of many ranges in one pass over the map.</summary>
    /// <param name="ranges">In any order. Where two overlap, the later one in the list wins.</param>
    public void MarkAll(IReadOnlyList<MapBlock> ranges)
    {
        if (ranges.Count < MinForMerge)
        {
            foreach (var range in ranges)
                Mark(range.Position, range.Size, range.Status);
            return;
        }
        var marks = new Mapfile();
        var sorted = ranges.OrderBy(static range => range.Position).ToList();
        if (Overlap(sorted))
        {
            foreach (var range in ranges)
                Mark(range.Position, range.Size, range.Status);
            return;
        }
        Extend(sorted[^1].End);
        var next = 0;
        foreach (var block in _blocks)
        {
            for (var at = block.Position; at < block.End;)
            {
                while (next < sorted.Count && sorted[next].End <= at)
                    next++;
                var isMarked = next < sorted.Count && sorted[next].Position <= at;
                var end = Math.Min(block.End, next == sorted.Count ? block.End : isMarked ? sorted[next].End : sorted[next].Position);
                marks.Append(new MapBlock(at, end - at, isMarked ? sorted[next].Status : block.Status));
                at = end;
            }
        }
        _blocks.Clear();
        _blocks.AddRange(marks._blocks);
    }

    private static bool Overlap(List<MapBlock> sorted)
    {
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i].Position < sorted[i - 1].End)
                return true;
        }
        return false;
    }

    /// <summary>The blocks within a range, clipped to it.</summary>
    public IEnumerable<MapBlock> Within(long position, long end)
    {
        if (_blocks.Count == 0 || position >= End)
            yield break;
        for (var i = IndexOf(position); i < _blocks.Count && _blocks[i].Position < end; i++)
            yield return Clip(_blocks[i], position, end);
    }

    private static MapBlock Clip(MapBlock block, long from, long to)
    {
        var (start, end) = (Math.Max(block.Position, from), Math.Min(block.End, to));
        return new MapBlock(start, Math.Max(0, end - start), block.Status);
    }

    // The block that contains a byte before the end.
    private int IndexOf(long position)
    {
        var (low, high) = (0, _blocks.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_blocks[middle].End <= position)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
