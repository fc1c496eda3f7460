using System.Numerics;

namespace Kcopyd.Actors.Memory;

/// <summary>
/// Memory for one sub-job, leased in runs of pages. The garbage collector frees it when the last user releases it, which may be a device that completes after
/// its worker has died.
/// </summary>
internal sealed class PageExtent
{
    public const int PageSize = AlignedMemory.PageSize;

    private readonly Memory<byte> _memory;
    private readonly ulong[] _used;     // a bit per page; bits beyond the last page are always set
    private readonly int _pages;

    public PageExtent(int bytes)
    {
        _pages = bytes / PageSize;
        _memory = AlignedMemory.Allocate(bytes);
        _used = new ulong[(_pages + 63) / 64];
        if (_pages % 64 != 0)
            _used[^1] = ulong.MaxValue << (_pages % 64);
        Free = _pages;
    }

    /// <summary>Free pages, in one run or many.</summary>
    public int Free { get; private set; }

    public bool IsWholeFree => Free == _pages;

    public Memory<byte> Slice(int page, int bytes) => _memory.Slice(page * PageSize, bytes);

    /// <summary>Takes a run of pages. Runs begin at multiples of their size rounded up to a power of two, so that they pack.</summary>
    /// <returns>The first page, or -1 if no run is free.</returns>
    public int TryTake(int pages)
    {
        if (Free < pages)
            return -1;
        var step = (int)BitOperations.RoundUpToPowerOf2((uint)pages);
        for (var first = 0; first + pages <= _pages; first += step)
        {
            if (!IsRunFree(first, pages))
                continue;
            Mark(first, pages, used: true);
            Free -= pages;
            return first;
        }
        return -1;
    }

    public void Return(int first, int pages)
    {
        Mark(first, pages, used: false);
        Free += pages;
    }

    private bool IsRunFree(int first, int pages)
    {
        for (var page = first; page < first + pages; page += 64 - page % 64)
        {
            if ((_used[page / 64] & Mask(page, first + pages)) != 0)
                return false;
        }
        return true;
    }

    private void Mark(int first, int pages, bool used)
    {
        for (var page = first; page < first + pages; page += 64 - page % 64)
        {
            var mask = Mask(page, first + pages);
            // A page returned twice would be leased to two sub-jobs, which corrupts disks: fail here.
            var expected = used ? 0 : mask;
            if ((_used[page / 64] & mask) != expected)
                throw new InvalidOperationException($"Pages {first}+{pages} of an extent were {(used ? "taken" : "returned")} twice.");
            _used[page / 64] ^= mask;
        }
    }

    // The bits of the word that holds `page`, from it to `end` (exclusive) or to the end of the word.
    private static ulong Mask(int page, int end)
    {
        var count = Math.Min(64 - page % 64, end - page);
        return (count == 64 ? ulong.MaxValue : (1UL << count) - 1) << (page % 64);
    }
}
