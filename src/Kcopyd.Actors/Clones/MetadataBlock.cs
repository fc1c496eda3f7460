using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Clones;

/// <summary>What a metadata block holds. The value is the constant that its checksum is combined with, so that a block of one kind is not taken for
/// another.</summary>
internal enum BlockKind : uint
{
    Superblock = 257649492,
    Index = 160478,
    Bitmap = 240779,
    Node = 121107,
    Array = 595846735,
}

/// <summary>The unit of a clone's metadata: 4096 bytes with a checksum, and the block's own number, which reveals a misdirected write.</summary>
internal static class MetadataBlock
{
    /// <summary>Bytes.</summary>
    public const int Size = 4096;

    /// <summary>512-byte sectors.</summary>
    public const int Sectors = Size / IoRegion.SectorSize;

    /// <summary>Completes a block: stores its number and its checksum.</summary>
    public static void Seal(BlockKind kind, long number, Span<byte> block)
    {
        BinaryPrimitives.WriteInt64LittleEndian(block[NumberAt(kind)..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(block, Checksum(kind, block));
    }

    /// <summary>Checks a block that was read.</summary>
    /// <returns>Null if it is intact; otherwise what is wrong, to follow the block's name in a message.</returns>
    public static string? Check(BlockKind kind, long number, ReadOnlySpan<byte> block)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(block) != Checksum(kind, block))
            return "has a wrong checksum";
        var found = BinaryPrimitives.ReadInt64LittleEndian(block[NumberAt(kind)..]);
        return found == number ? null : $"says that it is block {found}";
    }

    private static int NumberAt(BlockKind kind) => kind == BlockKind.Array ? 16 : 8;

    // CRC-32C of everything behind the checksum.
    private static uint Checksum(BlockKind kind, ReadOnlySpan<byte> block)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(block[4..]));
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(block[8..Size]))
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        return crc ^ (uint)kind;
    }
}
