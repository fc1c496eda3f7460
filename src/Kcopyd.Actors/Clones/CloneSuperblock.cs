using System.Buffers.Binary;

namespace Kcopyd.Actors.Clones;

/// <summary>Block 0 of a clone's metadata, from which everything else is reached. Writing it is what commits a transaction.</summary>
/// <param name="Blocks">Blocks that the metadata may use.</param>
/// <param name="Used">Blocks in use.</param>
/// <param name="IndexBlock">The block that lists the bitmaps.</param>
/// <param name="CountsRoot">The root of the tree of large reference counts, which is always empty.</param>
/// <param name="RegionSectors">Region size in 512-byte sectors.</param>
/// <param name="Sectors">Size of the clone in 512-byte sectors.</param>
/// <param name="BitsetRoot">The root of the tree of array blocks.</param>
internal readonly record struct CloneSuperblock(
    long Blocks, long Used, long IndexBlock, long CountsRoot, long RegionSectors, long Sectors, long BitsetRoot)
{
    public const ulong Magic = 0x8af27f64;
    public const uint Version = 1;

    private const int FlagsAt = 4, MagicAt = 32, VersionAt = 40, SpaceMapAt = 44, GeometryAt = 172;

    public static ulong MagicOf(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt64LittleEndian(block[MagicAt..]);

    public static uint VersionOf(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32LittleEndian(block[VersionAt..]);

    public static uint FlagsOf(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32LittleEndian(block[FlagsAt..]);

    public static CloneSuperblock Read(ReadOnlySpan<byte> block) => new(
        Long(block, SpaceMapAt), Long(block, SpaceMapAt + 8), Long(block, SpaceMapAt + 16), Long(block, SpaceMapAt + 24),
        Long(block, GeometryAt), Long(block, GeometryAt + 8), Long(block, GeometryAt + 16));

    public void Write(Span<byte> block)
    {
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block[MagicAt..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[VersionAt..], Version);
        ReadOnlySpan<long> space = [Blocks, Used, IndexBlock, CountsRoot];
        for (var i = 0; i < space.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(block[(SpaceMapAt + (8 * i))..], space[i]);
        ReadOnlySpan<long> geometry = [RegionSectors, Sectors, BitsetRoot];
        for (var i = 0; i < geometry.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(block[(GeometryAt + (8 * i))..], geometry[i]);
        MetadataBlock.Seal(BlockKind.Superblock, 0, block);
    }

    private static long Long(ReadOnlySpan<byte> block, int at) => BinaryPrimitives.ReadInt64LittleEndian(block[at..]);
}
