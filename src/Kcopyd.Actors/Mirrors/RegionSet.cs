using System.Numerics;

namespace Kcopyd.Actors.Mirrors;

/// <summary>A set of regions of a device, one bit each. Used by one actor at a time.</summary>
/// <param name="size">Number of regions of the device.</param>
internal sealed class RegionSet(long size)
{
    private readonly ulong[] _words = new ulong[(size + 63) / 64];
    private long _full;     // as many words, from the first, have no region missing: a search for one begins behind them

    /// <summary>Number of regions of the device.</summary>
    public long Size => size;

    /// <summary>Number of regions in the set.</summary>
    public long Count { get; private set; }

    public bool IsFull => Count == size;

    /// <summary>The bits: region <c>i</c> is bit <c>i % 64</c> of word <c>i / 64</c>. Bits past the last region are 0.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    public bool Contains(long region) => (_words[region >> 6] & Bit(region)) != 0;

    /// <summary>True if the set has every region of a range.</summary>
    public bool ContainsAll(long first, long last)
    {
        for (var region = first; region <= last; region++)
        {
            if (!Contains(region))
                return false;
        }
        return true;
    }

    /// <returns>False if the region is in the set already.</returns>
    public bool Add(long region)
    {
        ref var word = ref _words[region >> 6];
        if ((word & Bit(region)) != 0)
            return false;
        word |= Bit(region);
        Count++;
        return true;
    }

    /// <returns>False if the region is not in the set.</returns>
    public bool Remove(long region)
    {
        ref var word = ref _words[region >> 6];
        if ((word & Bit(region)) == 0)
            return false;
        word &= ~Bit(region);
        _full = Math.Min(_full, region >> 6);
        Count--;
        return true;
    }

    public void Clear()
    {
        _words.AsSpan().Clear();
        (Count, _full) = (0, 0);
    }

    public void Fill()
    {
        _words.AsSpan().Fill(ulong.MaxValue);
        if ((size & 63) != 0)
            _words[^1] = Bit(size) - 1;
        Count = size;
    }

    /// <summary>The first region of the set at or behind a region; -1 if there is none.</summary>
    public long Next(long from) => Find(from, flip: 0);

    /// <summary>The first region at or behind a region that is not in the set; -1 if there is none.</summary>
    public long NextMissing(long from)
    {
        var region = Find(Math.Max(from, Math.Min(_full << 6, size)), flip: ulong.MaxValue);
        if (from == 0 && region >= 0)
            _full = region >> 6;
        return region < size ? region : -1;
    }

    private static ulong Bit(long region) => 1UL << (int)(region & 63);

    private long Find(long from, ulong flip)
    {
        if (from >= size)
            return -1;
        var at = from >> 6;
        var word = (_words[at] ^ flip) & (ulong.MaxValue << (int)(from & 63));
        while (word == 0)
        {
            if (++at == _words.Length)
                return -1;
            word = _words[at] ^ flip;
        }
        return (at << 6) + BitOperations.TrailingZeroCount(word);
    }
}
