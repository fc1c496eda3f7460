using Kcopyd.Actors.Jobs;

namespace Kcopyd.Host.Mapfiles;

/// <summary>
/// What is known of an input, byte by byte, as GNU ddrescue keeps it: blocks in order, without gaps from byte 0 on, neighbours of one
/// status merged. What lies behind the last block is not tried.
/// </summary>
internal sealed class Mapfile
{
    private readonly List<MapBlock> _blocks = [];

    public IReadOnlyList<MapBlock> Blocks => _blocks;

    /// <summary>Bytes that the blocks cover.</summary>
    public long End => _blocks.Count == 0 ? 0 : _blocks[^1].End;

    /// <summary>Makes the map reach to <paramref name="end"/> at least.</summary>
    public void Extend(long end)
    {
        if (end > End)
            Append(new MapBlock(End, end - End, MapStatus.NonTried));
    }

    /// <summary>Adds a block at the end; a gap before it is not tried.</summary>
    /// <exception cref="ArgumentException">It begins before the end, or is empty.</exception>
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

    /// <summary>Sets the status of a range, which may reach past the end.</summary>
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

    /// <summary>Records what a job did to a range of the map. One that was not whole leaves the range as it is.</summary>
    public void Record(MapBlock window, CopyResult copied)
    {
        // A job that ended early may have unreadable ranges to name, too; only the bytes tell it from a whole one.
        if (copied.WriteErrors != 0 || copied.IsCancelled || copied.Destinations.Any(destination => destination.Bytes != copied.Length))
            return;
        if (copied.ReadError && copied.Unreadable.Count == 0)
            return;     // it ended in the verification, or a second look succeeded: copied again, that does no harm
        Mark(window.Position, window.Size, MapStatus.Finished);
        foreach (var range in copied.Unreadable)
            Mark(range.Offset, range.Length, MapStatus.BadSector);
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

    // The block that holds a byte which is before the end.
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
