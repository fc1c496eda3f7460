using System.Numerics;

namespace Kcopyd.Actors.Clones;

/// <summary>Which regions are hydrated. Used by the clone's actor only; the counts may be read by any thread.</summary>
/// <remarks>Invariants: a region is marked only when the destination has its content, and stays marked, except that <see cref="Revert"/> returns to what is
/// committed. Bits behind the last region are 0.</remarks>
internal sealed class RegionMap
{
    private readonly CloneGeometry _geometry;
    private readonly ulong[] _words;
    private readonly ulong[] _committed;
    private readonly bool[] _isChanged;
    private long _hydrated;

    /// <param name="geometry">The clone.</param>
    /// <param name="committed">The committed bits, which commits update.</param>
    public RegionMap(CloneGeometry geometry, ulong[] committed)
    {
        (_geometry, _committed) = (geometry, committed);
        _words = [.. committed];
        _isChanged = new bool[geometry.Arrays];
        _hydrated = Count();
    }

    public long Regions => _geometry.Regions;

    /// <summary>Number of hydrated regions.</summary>
    public long Hydrated => Volatile.Read(ref _hydrated);

    public bool IsComplete => Hydrated == Regions;

    /// <summary>Number of array blocks that differ from what is committed, or being committed.</summary>
    public int ChangedArrays { get; private set; }

    public bool IsHydrated(long region) => (_words[region >> 6] & (1UL << (int)(region & 63))) != 0;

    /// <summary>True if all regions of a range are hydrated.</summary>
    /// <param name="first">The first region.</param>
    /// <param name="end">The region after the last one.</param>
    public bool AreHydrated(long first, long end) => NextUnhydrated(first) >= end;

    /// <summary>The first region from a region on that is not hydrated; <see cref="Regions"/> if there is none.</summary>
    public long NextUnhydrated(long from)
    {
        while (from < Regions)
        {
            var open = ~_words[from >> 6] >> (int)(from & 63);
            if (open != 0)
                return Math.Min(from + BitOperations.TrailingZeroCount(open), Regions);
            from = (from | 63) + 1;
        }
        return Regions;
    }

    /// <summary>Marks regions as hydrated.</summary>
    public void Mark(long first, long end)
    {
        var marked = 0L;
        for (var region = NextUnhydrated(first); region < end; region = NextUnhydrated(region + 1))
        {
            _words[region >> 6] |= 1UL << (int)(region & 63);
            marked++;
            Change(CloneGeometry.ArrayOf(region));
        }
        Volatile.Write(ref _hydrated, _hydrated + marked);
    }

    /// <summary>The first changed array block from one on; -1 if there is none.</summary>
    public int NextChanged(int from)
    {
        for (var array = from; array < _isChanged.Length && ChangedArrays > 0; array++)
        {
            if (_isChanged[array])
                return array;
        }
        return -1;
    }

    /// <summary>Takes the words of a changed array block for a commit; later marks are another change.</summary>
    public ReadOnlySpan<ulong> TakeChanged(int array)
    {
        _isChanged[array] = false;
        ChangedArrays--;
        var (first, count) = _geometry.WordsOf(array);
        return _words.AsSpan(first, count);
    }

    /// <summary>Returns to the committed bits.</summary>
    public void Revert()
    {
        _committed.CopyTo(_words, 0);
        Array.Clear(_isChanged);
        ChangedArrays = 0;
        Volatile.Write(ref _hydrated, Count());
    }

    private void Change(int array)
    {
        if (_isChanged[array])
            return;
        _isChanged[array] = true;
        ChangedArrays++;
    }

    private long Count()
    {
        var count = 0L;
        foreach (var word in _words)
            count += BitOperations.PopCount(word);
        return count;
    }
}
