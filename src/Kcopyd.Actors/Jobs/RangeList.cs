namespace Kcopyd.Actors.Jobs;

/// <summary>Ranges in order of their offset, with adjacent ones merged. An empty list allocates nothing.</summary>
internal struct RangeList
{
    private List<UnreadableRange>? _ranges;

    public readonly bool IsEmpty => _ranges is null;

    public readonly int Count => _ranges?.Count ?? 0;

    public readonly UnreadableRange this[int index] => _ranges![index];

    public readonly UnreadableRange[] ToArray() => _ranges?.ToArray() ?? [];

    /// <summary>Adds a range that overlaps none in the list; an empty range is ignored.</summary>
    public void Add(long offset, long length)
    {
        if (length == 0)
            return;
        _ranges ??= [];
        var at = FirstFrom(offset);
        if (at > 0 && _ranges[at - 1] is var before && before.Offset + before.Length == offset)
        {
            _ranges.RemoveAt(--at);
            (offset, length) = (before.Offset, before.Length + length);
        }
        if (at < _ranges.Count && offset + length == _ranges[at].Offset)
        {
            length += _ranges[at].Length;
            _ranges.RemoveAt(at);
        }
        _ranges.Insert(at, new UnreadableRange(offset, length));
    }

    /// <summary>The index of the first range that begins at or after <paramref name="offset"/>.</summary>
    public readonly int FirstFrom(long offset)
    {
        if (_ranges is null)
            return 0;
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].Offset < offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
