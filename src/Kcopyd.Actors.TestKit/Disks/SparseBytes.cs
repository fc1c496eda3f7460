namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>The bytes of a disk, zero until written. A small disk is one array; a large one consists of pages, of which only those written exist.</summary>
internal sealed class SparseBytes
{
    public const int PageSize = 64 * 1024;

    private const long SmallDisk = 64L << 20;

    private readonly Dictionary<long, byte[]> _pages = [];
    private readonly byte[]? _whole;

    public SparseBytes(long length)
    {
        Length = length;
        if (length <= SmallDisk)
            _whole = new byte[length];
    }

    public long Length { get; }

    /// <summary>All bytes, without a copy; null if the disk consists of pages.</summary>
    public byte[]? Whole => _whole;

    public SparseBytes Clone()
    {
        var copy = new SparseBytes(Length);
        _whole?.CopyTo(copy._whole!, 0);
        foreach (var (number, page) in _pages)
            copy._pages[number] = (byte[])page.Clone();
        return copy;
    }

    /// <summary>A range to write into, which must not cross the boundary of a page.</summary>
    public Span<byte> At(long offset, int length)
    {
        if (_whole is not null)
            return _whole.AsSpan((int)offset, length);
        var number = offset / PageSize;
        if (!_pages.TryGetValue(number, out var page))
            _pages.Add(number, page = new byte[PageSize]);
        return page.AsSpan((int)(offset % PageSize), length);
    }

    public void Read(long offset, Span<byte> into)
    {
        for (var done = 0; done < into.Length;)
        {
            var count = Count(offset + done, into.Length - done);
            var part = into.Slice(done, count);
            if (_whole is not null)
                _whole.AsSpan((int)offset + done, count).CopyTo(part);
            else if (_pages.TryGetValue((offset + done) / PageSize, out var page))
                page.AsSpan((int)((offset + done) % PageSize), count).CopyTo(part);
            else
                part.Clear();
            done += count;
        }
    }

    /// <summary>Writes; zeroes do not create pages.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        for (var done = 0; done < data.Length;)
        {
            var count = Count(offset + done, data.Length - done);
            var part = data.Slice(done, count);
            if (_whole is not null || _pages.ContainsKey((offset + done) / PageSize) || part.ContainsAnyExcept((byte)0))
                part.CopyTo(At(offset + done, count));
            done += count;
        }
    }

    public void CopyTo(Span<byte> all)
    {
        _whole?.CopyTo(all);
        foreach (var (number, page) in _pages)
        {
            var from = (int)(number * PageSize);
            page.AsSpan(0, Math.Min(PageSize, all.Length - from)).CopyTo(all[from..]);
        }
    }

    private int Count(long offset, int length) => _whole is not null ? length : (int)Math.Min(length, PageSize - offset % PageSize);
}
