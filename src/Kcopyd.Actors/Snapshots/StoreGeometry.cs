using System.Numerics;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The layout of a persistent store, in chunks: the header in chunk 0, then areas, each of which has one chunk of records followed by as many chunks
/// of data as it has records.</summary>
/// <param name="ChunkSize">In bytes: a power of two, at least 512.</param>
/// <param name="MaxPage">Maximum bytes of metadata in memory at once, however large chunks are: a power of two.</param>
internal readonly record struct StoreGeometry(int ChunkSize, int MaxPage = StoreGeometry.DefaultPage)
{
    /// <summary>Size of a record in bytes: old chunk and new chunk, 64 bits each, little-endian.</summary>
    public const int RecordSize = 16;

    /// <summary>Maximum chunk size in bytes, the kernel's limit: 2^21 sectors.</summary>
    public const int MaxChunk = 1 << 30;

    /// <summary>The first chunk that can hold data.</summary>
    public const long FirstData = 2;

    public const int DefaultPage = 64 << 10;

    public int Shift => BitOperations.Log2((uint)ChunkSize);

    public int RecordsPerArea => ChunkSize / RecordSize;

    /// <summary>Bytes of an area that are read and written at once: the whole area, unless chunks are very large.</summary>
    public int PageSize => Math.Min(ChunkSize, MaxPage);

    public int RecordsPerPage => PageSize / RecordSize;

    public int ChunkSectors => ChunkSize >> IoRegion.SectorShift;

    private int Stride => RecordsPerArea + 1;

    public static bool IsChunkSize(long bytes) => bytes is >= IoRegion.SectorSize and <= MaxChunk && BitOperations.IsPow2(bytes);

    /// <summary>The chunk that holds the records of an area.</summary>
    public long AreaChunk(long area) => 1 + area * Stride;

    /// <summary>The offset in bytes of a record of an area.</summary>
    public long RecordOffset(long area, int record) => OffsetOf(AreaChunk(area)) + (long)record * RecordSize;

    /// <summary>True if a chunk holds the header or records, and thus no data.</summary>
    public bool IsMetadata(long chunk) => chunk == 0 || chunk % Stride == 1;

    /// <summary>The first chunk at or after this one that can hold data.</summary>
    public long DataFrom(long chunk) => chunk < FirstData ? FirstData : IsMetadata(chunk) ? chunk + 1 : chunk;

    /// <summary>The chunk that contains a byte.</summary>
    public long ChunkOf(long offset) => offset >> Shift;

    /// <summary>The first byte of a chunk.</summary>
    public long OffsetOf(long chunk) => chunk << Shift;
}
