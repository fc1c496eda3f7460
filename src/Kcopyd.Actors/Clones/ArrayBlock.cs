using System.Buffers.Binary;

namespace Kcopyd.Actors.Clones;

/// <summary>A block of hydration bits, in words of 64: bit <c>i % 64</c> of word <c>i / 64</c> is set if region i is hydrated. All blocks but the last are
/// full.</summary>
internal static class ArrayBlock
{
    /// <summary>Words of one block.</summary>
    public const int MaxWords = 509;

    private const int Header = 24;

    public static void Write(long number, ReadOnlySpan<ulong> words, Span<byte> block)
    {
        block.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], MaxWords);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], words.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], sizeof(ulong));
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(block[(Header + (8 * i))..], words[i]);
        MetadataBlock.Seal(BlockKind.Array, number, block);
    }

    /// <summary>Reads a block with a valid checksum.</summary>
    /// <returns>False if it does not have exactly as many words as expected.</returns>
    public static bool TryRead(ReadOnlySpan<byte> block, Span<ulong> words)
    {
        if (BinaryPrimitives.ReadInt32LittleEndian(block[4..]) != MaxWords || BinaryPrimitives.ReadInt32LittleEndian(block[8..]) != words.Length
            || BinaryPrimitives.ReadInt32LittleEndian(block[12..]) != sizeof(ulong))
        {
            return false;
        }
        for (var i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(Header + (8 * i))..]);
        return true;
    }
}
