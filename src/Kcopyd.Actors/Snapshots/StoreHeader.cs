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

    /// <summary>Writes the header and fills the rest of the sector with zeroes.</summary>
    public void Write(Span<byte> sector)
    {
        sector.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(sector, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[4..], Valid);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[12..], ChunkSectors);
    }

    /// <summary>The chunk size in bytes; 0 if the header's value is invalid.</summary>
    public int ChunkSize => (long)ChunkSectors * IoRegion.SectorSize is var bytes && StoreGeometry.IsChunkSize(bytes) ? (int)bytes : 0;
}

/// <summary>The beginning of a store: the kernel's header, followed by the label. Both are in one sector, which a power cut leaves either old or new.</summary>
/// <param name="Header">The kernel's fields.</param>
/// <param name="Label">Null if the kernel created the store: it writes no label, but keeps an existing one.</param>
internal readonly record struct StoreHead(StoreHeader Header, SnapshotStoreLabel? Label)
{
    /// <summary>Why an existing label could not be read; null if there was no error.</summary>
    public SnapshotStoreException? LabelError { get; init; }

    public void Write(Span<byte> sector)
    {
        Header.Write(sector);
        Label?.Write(sector);
    }
}
