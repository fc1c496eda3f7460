using System.Buffers.Binary;
using System.Numerics;

namespace Kcopyd.Actors.Clones;

/// <summary>Which metadata blocks are in use. On the device: bitmaps of two bits per block, and an index of the bitmaps.</summary>
/// <remarks>Invariant: between commits, the blocks in use are exactly those that the committed superblock reaches, itself included.</remarks>
internal sealed class SpaceMap
{
    /// <summary>Blocks that one bitmap describes.</summary>
    public const int PerBitmap = 16320;

    public const int MaxBitmaps = 255;

    private const int Header = 16, IndexEntry = 16;

    private readonly ulong[] _used;

    public SpaceMap(long blocks)
    {
        Blocks = blocks;
        _used = new ulong[(blocks + 63) / 64];
    }

    public long Blocks { get; }

    /// <summary>Number of blocks in use.</summary>
    public long Used { get; private set; }

    public long Free => Blocks - Used;

    public int Bitmaps => BitmapsFor(Blocks);

    public static int BitmapsFor(long blocks) => (int)((blocks + PerBitmap - 1) / PerBitmap);

    public static int BitmapOf(long block) => (int)(block / PerBitmap);

    public bool IsUsed(long block) => (_used[block >> 6] & (1UL << (int)(block & 63))) != 0;

    /// <returns>False if the block is in use already.</returns>
    public bool Add(long block)
    {
        if (IsUsed(block))
            return false;
        _used[block >> 6] |= 1UL << (int)(block & 63);
        Used++;
        return true;
    }

    public void Remove(long block)
    {
        _used[block >> 6] &= ~(1UL << (int)(block & 63));
        Used--;
    }

    /// <summary>The first free block from a block on; <see cref="Blocks"/> if there is none.</summary>
    public long NextFree(long from)
    {
        while (from < Blocks)
        {
            var free = ~_used[from >> 6] >> (int)(from & 63);
            if (free != 0)
                return Math.Min(from + BitOperations.TrailingZeroCount(free), Blocks);
            from = (from | 63) + 1;
        }
        return Blocks;
    }

    /// <summary>Writes and seals one bitmap.</summary>
    public void WriteBitmap(int bitmap, long number, Span<byte> block)
    {
        block.Clear();
        var (first, count) = RangeOf(bitmap);
        for (var i = 0; i < count; i++)
        {
            if (IsUsed(first + i))
                block[Header + (i >> 2)] |= (byte)(2 << (2 * (i & 3)));     // a count of one: the pair's lower bit is the value's higher one
        }
        MetadataBlock.Seal(BlockKind.Bitmap, number, block);
    }

    /// <summary>Checks that a bitmap agrees with this map.</summary>
    /// <returns>The first block whose count differs; -1 if none does.</returns>
    public long Compare(int bitmap, ReadOnlySpan<byte> block)
    {
        var (first, count) = RangeOf(bitmap);
        for (var i = 0; i < count; i++)
        {
            if (((block[Header + (i >> 2)] >> (2 * (i & 3))) & 3) != (IsUsed(first + i) ? 2 : 0))
                return first + i;
        }
        return -1;
    }

    /// <summary>Writes an entry of the index.</summary>
    public void WriteEntry(int bitmap, long bitmapBlock, Span<byte> index)
    {
        var entry = index.Slice(Header + (bitmap * IndexEntry), IndexEntry);
        BinaryPrimitives.WriteInt64LittleEndian(entry, bitmapBlock);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], FreeEntries(bitmap));
        var (first, count) = RangeOf(bitmap);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], (int)Math.Min(NextFree(first) - first, count));
    }

    public static (long BitmapBlock, int FreeEntries) ReadEntry(int bitmap, ReadOnlySpan<byte> index)
    {
        var entry = index.Slice(Header + (bitmap * IndexEntry), IndexEntry);
        return (BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[8..]));
    }

    /// <summary>Entries of a bitmap that are not in use, those behind the last block included.</summary>
    public int FreeEntries(int bitmap)
    {
        var (first, count) = RangeOf(bitmap);
        var used = 0;
        for (var i = 0; i < count; i++)
            used += IsUsed(first + i) ? 1 : 0;
        return PerBitmap - used;
    }

    private (long First, int Count) RangeOf(int bitmap)
    {
        var first = (long)bitmap * PerBitmap;
        return (first, (int)Math.Min(PerBitmap, Blocks - first));
    }
}
