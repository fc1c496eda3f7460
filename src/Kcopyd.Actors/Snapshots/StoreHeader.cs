using System.Buffers.Binary;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The first 16 bytes of a persistent store, version 1: magic, valid, version, chunk size in sectors, 32 bits each, little-endian.</summary>
internal readonly record struct StoreHeader(uint Magic, uint Valid, uint Version, uint ChunkSectors)
{
    /// <summary>"SnAp".</summary>
    public const uint SnapMagic = 0x70416e53;

    public const uint DiskVersion = 1;

    public const int Size = 16;

    public static StoreHeader Of(StoreGeometry geometry, bool valid) => new(SnapMagic, valid ? 1u : 0u, DiskVersion, (uint)geometry.ChunkSectors);

    public static StoreHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));

    /// <summary>Writes it, and zeroes behind it.</summary>
    public void Write(Span<byte> sector)
    {
        sector.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(sector, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[4..], Valid);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[12..], ChunkSectors);
    }

    /// <summary>The chunk size that it tells, in bytes; 0 if that can be none.</summary>
    public int ChunkSize => (long)ChunkSectors * IoRegion.SectorSize is var bytes && StoreGeometry.IsChunkSize(bytes) ? (int)bytes : 0;
}

/// <summary>What begins a store: the kernel's header, and our label behind it. Both are in one sector, which a power cut leaves old or new.</summary>
/// <param name="Header">The kernel's fields.</param>
/// <param name="Label">Null where the store was made by the kernel, which writes none and keeps one that is there.</param>
internal readonly record struct StoreHead(StoreHeader Header, SnapshotStoreLabel? Label)
{
    /// <summary>Why a label that is there is not read; null if nothing is wrong with it.</summary>
    public SnapshotStoreException? LabelError { get; init; }

    public void Write(Span<byte> sector)
    {
        Header.Write(sector);
        Label?.Write(sector);
    }
}
