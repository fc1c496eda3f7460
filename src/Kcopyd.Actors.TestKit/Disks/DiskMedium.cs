namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// What is on the medium of a disk, where that differs from what reads return: copies of the pages that were changed in the cache. Pages are few and kept for
/// reuse: a second copy of the whole disk would cost most of a short simulation's time.
/// </summary>
internal sealed class DiskMedium(byte[] content)
{
    private const int PageSize = 4096;

    private readonly Dictionary<int, byte[]> _pages = [];
    private readonly Stack<byte[]> _free = [];

    /// <summary>Keeps what the medium holds in a range, before the content changes there.</summary>
    public void Keep(long offset, int length)
    {
        for (var page = (int)(offset / PageSize); (long)page * PageSize < offset + length; page++)
        {
            if (_pages.ContainsKey(page))
                continue;
            var copy = _free.TryPop(out var free) ? free : new byte[PageSize];
            Content(page).CopyTo(copy);
            _pages.Add(page, copy);
        }
    }

    /// <summary>Changes the medium in a range that is kept.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="data">The bytes; empty for zeroes.</param>
    public void Write(long offset, int length, ReadOnlySpan<byte> data)
    {
        for (var done = 0; done < length;)
        {
            var (page, start) = ((int)((offset + done) / PageSize), (int)((offset + done) % PageSize));
            var part = _pages[page].AsSpan(start, Math.Min(PageSize - start, length - done));
            if (data.IsEmpty)
                part.Clear();
            else
                data.Slice(done, part.Length).CopyTo(part);
            done += part.Length;
        }
    }

    /// <summary>Flips bits of a byte.</summary>
    public void Flip(long offset, byte mask)
    {
        if (_pages.TryGetValue((int)(offset / PageSize), out var page))
            page[offset % PageSize] ^= mask;
    }

    /// <summary>The content becomes what is on the medium.</summary>
    public void Revert()
    {
        foreach (var (page, copy) in _pages)
            copy.AsSpan(0, Content(page).Length).CopyTo(Content(page));
        Forget();
    }

    /// <summary>The medium holds the content.</summary>
    public void Forget()
    {
        foreach (var copy in _pages.Values)
            _free.Push(copy);
        _pages.Clear();
    }

    private Span<byte> Content(int page) => content.AsSpan(page * PageSize, Math.Min(PageSize, content.Length - page * PageSize));
}
