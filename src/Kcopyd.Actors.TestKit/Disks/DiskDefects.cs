namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>What is wrong with single places of a disk: sectors that do not hold what was written, and blocks that have become unreadable.</summary>
internal sealed class DiskDefects(long length, int block)
{
    private readonly HashSet<long> _corrupted = [];
    private readonly HashSet<long> _unreadable = [];
    private TimeSpan[]? _used;       // when each block was last read or written; null until it matters

    /// <summary>512-byte sectors that hold something other than what was last written there.</summary>
    public IReadOnlySet<long> Corrupted => _corrupted;

    /// <summary>Something other than what was written is stored in a range.</summary>
    public void Mark(long offset, long bytes)
    {
        for (var sector = offset / IoRegion.SectorSize; sector * IoRegion.SectorSize < offset + bytes; sector++)
            _corrupted.Add(sector);
    }

    /// <summary>A range was written, and holds what it should.</summary>
    public void Written(long offset, long bytes, TimeSpan now)
    {
        if (_corrupted.Count > 0)
            Remove(_corrupted, offset, bytes, IoRegion.SectorSize);
        if (_unreadable.Count > 0)
            Remove(_unreadable, offset, bytes, block);
        Used(offset, bytes, now);
    }

    /// <summary>A range was read or written.</summary>
    public void Used(long offset, long bytes, TimeSpan now)
    {
        if (_used is null || bytes == 0)
            return;
        for (var i = offset / block; i * block < offset + bytes; i++)
            _used[i] = now;
    }

    /// <summary>A block has become unreadable, unless it was used too recently.</summary>
    public void Decay(long number, TimeSpan now, TimeSpan age)
    {
        if (age > TimeSpan.Zero && _used is null)
        {
            _used = new TimeSpan[(length + block - 1) / block];
            Array.Fill(_used, now);     // what was used before is not known
        }
        if (_used is null || now - _used[number] >= age)
            _unreadable.Add(number);
    }

    /// <summary>The bytes of a range before its first unreadable block.</summary>
    public long Readable(long offset, long bytes)
    {
        if (_unreadable.Count == 0)
            return bytes;
        for (var i = offset / block; i * block < offset + bytes; i++)
        {
            if (_unreadable.Contains(i))
                return Math.Max(0, i * block - offset);
        }
        return bytes;
    }

    /// <summary>Everything is healthy.</summary>
    public void Clear()
    {
        _corrupted.Clear();
        _unreadable.Clear();
    }

    private void Remove(HashSet<long> places, long offset, long bytes, int unit)
    {
        for (var i = (offset + unit - 1) / unit; i * unit < offset + bytes && ((i + 1) * unit <= offset + bytes || offset + bytes == length); i++)
            places.Remove(i);
    }
}
