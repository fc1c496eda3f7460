namespace Kcopyd.Actors.Faults;

/// <summary>What has become of one block of a cached write.</summary>
internal enum BlockState : byte
{
    /// <summary>The next flush writes it.</summary>
    Pending,
    /// <summary>It was flushed; the cache has nothing to do with it any more.</summary>
    Flushed,
    /// <summary>A flush that failed dropped it: it is read from the cache until the power is cut, and never written.</summary>
    Lost,
    /// <summary>The power cut tore it: only for the moment of the cut.</summary>
    Damaged,
}

/// <summary>An acknowledged write, in the blocks of the medium that it touches. Not thread-safe.</summary>
/// <param name="offset">Byte offset.</param>
/// <param name="data">At least one byte; owned by the cache.</param>
/// <param name="blockSize">Bytes of a block.</param>
internal sealed class CachedWrite(long offset, Memory<byte> data, int blockSize)
{
    private readonly BlockState[] _blocks = new BlockState[(offset + data.Length - 1) / blockSize - offset / blockSize + 1];

    public long Offset => offset;

    public long End => offset + data.Length;

    public bool Has(BlockState state) => Array.IndexOf(_blocks, state) >= 0;

    /// <summary>Moves every block that is in one state to another.</summary>
    public void Change(BlockState from, BlockState to)
    {
        for (var i = 0; i < _blocks.Length; i++)
            if (_blocks[i] == from)
                _blocks[i] = to;
    }

    /// <summary>The longest runs of bytes whose blocks are in a state.</summary>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Data)> Runs(BlockState state)
    {
        for (var i = 0; i < _blocks.Length; i++)
        {
            var first = i;
            while (i < _blocks.Length && _blocks[i] == state)
                i++;
            if (i > first)
                yield return (StartOf(first), data[IndexOf(first)..IndexOf(i)]);
        }
    }

    /// <summary>Takes over bytes of a newer write, where the two overlap.</summary>
    public void Overwrite(long at, ReadOnlySpan<byte> newer)
    {
        var from = Math.Max(at, offset);
        var count = Math.Min(at + newer.Length, End) - from;
        if (count > 0)
            newer.Slice((int)(from - at), (int)count).CopyTo(data.Span[(int)(from - offset)..]);
    }

    /// <summary>Loses pending blocks: all without fates; by them, all, none, or each block on its own, with the same probability each.</summary>
    /// <param name="fates">The source of chance; null to lose everything.</param>
    /// <param name="tearsBlocks">True if a block of a torn write may also be damaged.</param>
    public void Lose(SeededFates? fates, bool tearsBlocks)
    {
        var whole = fates is null ? 0 : fates.Next() * 3;
        for (var i = 0; i < _blocks.Length; i++)
            if (_blocks[i] == BlockState.Pending)
                _blocks[i] = whole < 1 ? BlockState.Lost : whole < 2 ? BlockState.Pending : Torn(fates!, tearsBlocks);
    }

    /// <summary>Replaces the end of each damaged block, from a random byte on, by random bytes, and marks it as pending.</summary>
    public void Damage(SeededFates fates)
    {
        for (var i = 0; i < _blocks.Length; i++)
        {
            if (_blocks[i] != BlockState.Damaged)
                continue;
            var block = data.Span[IndexOf(i)..IndexOf(i + 1)];
            for (var at = (int)(fates.Next() * block.Length); at < block.Length; at++)
                block[at] = (byte)(fates.Next() * 256);
            _blocks[i] = BlockState.Pending;
        }
    }

    private static BlockState Torn(SeededFates fates, bool tearsBlocks)
    {
        var fate = fates.Next() * (tearsBlocks ? 3 : 2);
        return fate < 1 ? BlockState.Lost : fate < 2 ? BlockState.Pending : BlockState.Damaged;
    }

    private long StartOf(int block) => Math.Max(offset, (offset / blockSize + block) * blockSize);

    private int IndexOf(int block) => (int)(Math.Min(StartOf(block), End) - offset);
}
