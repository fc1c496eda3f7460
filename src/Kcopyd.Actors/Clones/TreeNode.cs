using System.Buffers.Binary;

namespace Kcopyd.Actors.Clones;

/// <summary>A node of a tree in the metadata. The tree of array blocks never grows: nodes are copied to other blocks, but no key is added or removed.</summary>
/// <param name="block">The block that holds it.</param>
/// <param name="isLeaf">True if the values are array blocks, false if they are nodes.</param>
/// <param name="keys">Ascending.</param>
/// <param name="values">Block numbers.</param>
internal sealed class TreeNode(long block, bool isLeaf, long[] keys, long[] values)
{
    /// <summary>Entries of a node whose values have 8 bytes.</summary>
    public const int MaxEntries = 252;

    /// <summary>Entries of a node of the tree of reference counts, whose values have 4 bytes.</summary>
    private const int MaxCounts = 336;

    private const int Header = 32;

    public long Block { get; set; } = block;

    public bool IsLeaf => isLeaf;

    public long[] Keys => keys;

    public long[] Values => values;

    /// <summary>Null for the root.</summary>
    public TreeNode? Parent { get; set; }

    /// <summary>The index of this node's entry in its parent.</summary>
    public int IndexInParent { get; set; }

    public void Write(Span<byte> block)
    {
        WriteHeader(block, isLeaf, keys.Length, MaxEntries, 8);
        for (var i = 0; i < keys.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(block[(Header + (8 * i))..], keys[i]);
            BinaryPrimitives.WriteInt64LittleEndian(block[(Header + (8 * MaxEntries) + (8 * i))..], values[i]);
        }
        MetadataBlock.Seal(BlockKind.Node, Block, block);
    }

    /// <summary>Writes the only node of the tree of reference counts.</summary>
    public static void WriteEmptyCounts(long number, Span<byte> block)
    {
        WriteHeader(block, isLeaf: true, 0, MaxCounts, 4);
        MetadataBlock.Seal(BlockKind.Node, number, block);
    }

    /// <returns>True if a node with a valid checksum is the empty tree of reference counts.</returns>
    public static bool IsEmptyCounts(ReadOnlySpan<byte> block) => HasHeader(block, isLeaf: true, MaxCounts, 4) && Entries(block) == 0;

    /// <summary>Reads a node with a valid checksum.</summary>
    /// <returns>Null if it is not a node of the tree of array blocks.</returns>
    public static TreeNode? Read(long number, ReadOnlySpan<byte> block)
    {
        var isLeaf = HasHeader(block, isLeaf: true, MaxEntries, 8);
        var count = Entries(block);
        if ((!isLeaf && !HasHeader(block, isLeaf: false, MaxEntries, 8)) || count is 0 or > MaxEntries)
            return null;
        var keys = new long[count];
        var values = new long[count];
        for (var i = 0; i < count; i++)
        {
            keys[i] = BinaryPrimitives.ReadInt64LittleEndian(block[(Header + (8 * i))..]);
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(block[(Header + (8 * MaxEntries) + (8 * i))..]);
        }
        return new TreeNode(number, isLeaf, keys, values);
    }

    private static uint Entries(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32LittleEndian(block[16..]);

    private static void WriteHeader(Span<byte> block, bool isLeaf, int entries, int max, int valueSize)
    {
        block.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], isLeaf ? 2 : 1);
        BinaryPrimitives.WriteInt32LittleEndian(block[16..], entries);
        BinaryPrimitives.WriteInt32LittleEndian(block[20..], max);
        BinaryPrimitives.WriteInt32LittleEndian(block[24..], valueSize);
    }

    private static bool HasHeader(ReadOnlySpan<byte> block, bool isLeaf, int max, int valueSize) =>
        BinaryPrimitives.ReadInt32LittleEndian(block[4..]) == (isLeaf ? 2 : 1)
        && BinaryPrimitives.ReadInt32LittleEndian(block[20..]) == max && BinaryPrimitives.ReadInt32LittleEndian(block[24..]) == valueSize;
}
