namespace Kcopyd.Actors.Faults;

/// <summary>The acknowledged writes that are not known to be on the medium, oldest first. Not thread-safe.</summary>
/// <param name="blockSize">The bytes that survive or are lost together.</param>
internal sealed class WriteCache(int blockSize)
{
    private readonly List<CachedWrite> _writes = [];

    public int Count => _writes.Count;

    /// <summary>Adds a write of at least one byte.</summary>
    public void Add(long offset, Memory<byte> data) => _writes.Add(new(offset, data, blockSize));

    /// <summary>Copies what the cache has of a range, oldest first: a read puts it over what it finds on the medium.</summary>
    public List<(long Offset, byte[] Data)> Copy(long offset, long length)
    {
        var copies = new List<(long, byte[])>();
        foreach (var write in _writes)
        {
            if (write.End <= offset || write.Offset - offset >= length)
                continue;
            foreach (var (start, data) in write.Runs(BlockState.Pending).Concat(write.Runs(BlockState.Lost)))
            {
                var from = Math.Max(start, offset);
                var count = Math.Min(start + data.Length - offset, length) - (from - offset);
                if (count > 0)
                    copies.Add((from, data.Slice((int)(from - start), (int)count).ToArray()));
            }
        }
        return copies;
    }

    /// <summary>The writes that a flush must write.</summary>
    public CachedWrite[] Pending() => [.. _writes.Where(static write => write.Has(BlockState.Pending))];

    /// <summary>A flush has succeeded: what it wrote leaves the cache. Lost blocks of older writes then show the newer bytes.</summary>
    public void Flushed(CachedWrite[] covered)
    {
        foreach (var write in covered)
        {
            foreach (var older in _writes.TakeWhile(other => other != write).Where(static other => other.Has(BlockState.Lost)))
                foreach (var (at, data) in write.Runs(BlockState.Pending))
                    older.Overwrite(at, data.Span);
            write.Change(BlockState.Pending, BlockState.Flushed);
        }
        _writes.RemoveAll(static write => !write.Has(BlockState.Pending) && !write.Has(BlockState.Lost));
    }

    /// <summary>Cuts the power: the cache is empty afterwards.</summary>
    /// <param name="fates">The source of chance; null to lose everything.</param>
    /// <param name="tearsBlocks">True if a block of a torn write may also be damaged.</param>
    /// <returns>What reaches the medium, in order, and the number of writes of which at least a block does not reach it undamaged.</returns>
    public (List<(long Offset, ReadOnlyMemory<byte> Data)> Survivors, int Lost) Cut(SeededFates? fates, bool tearsBlocks)
    {
        var lost = 0;
        foreach (var write in _writes)
        {
            write.Lose(fates, tearsBlocks);
            if (write.Has(BlockState.Lost) || write.Has(BlockState.Damaged))
                lost++;
            if (fates is not null)
                write.Damage(fates);
        }
        var survivors = _writes.SelectMany(static write => write.Runs(BlockState.Pending)).ToList();
        _writes.Clear();
        return (survivors, lost);
    }
}
