using System.Buffers.Binary;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Reads a persistent store, and refuses one that cannot be right. It writes nothing.</summary>
/// <remarks>What an interrupted write of an area leaves behind the end of its list is dropped, and must be off the
/// device before the next commit, which a second interruption could let bring it to life.</remarks>
internal static class StoreReader
{
    /// <summary>Reads the header.</summary>
    /// <returns>Null if there is none: the store is new.</returns>
    /// <exception cref="SnapshotStoreException">It is something else, or cannot be read.</exception>
    public static async ValueTask<StoreHeader?> HeaderAsync(IBlockDevice cow)
    {
        var unit = Math.Max(IoRegion.SectorSize, cow.Alignment);
        if (cow.Length < unit)
            throw new SnapshotStoreException($"{cow.Name} has {cow.Length} bytes: too small for a COW store, which needs two chunks at least.");
        var sector = AlignedMemory.Allocate(unit);
        await ReadAsync(cow, 0, sector, "its header").ConfigureAwait(false);
        var header = StoreHeader.Read(sector.Span);
        if (header.Magic == 0)
            return null;
        if (header.Magic != StoreHeader.SnapMagic)
            throw new SnapshotStoreException($"{cow.Name} is no COW store: it begins with 0x{BinaryPrimitives.ReverseEndianness(header.Magic):x8}, not with 'SnAp'. "
                + "If it is to become one, zero its first chunk.");
        if (header.Version != StoreHeader.DiskVersion)
            throw new SnapshotStoreException($"{cow.Name} is a COW store of version {header.Version}; this library knows version {StoreHeader.DiskVersion}.");
        if (header.ChunkSize == 0)
            throw new SnapshotStoreException($"{cow.Name}: its header tells chunks of {header.ChunkSectors} sectors, which is no power of two from 1 to {StoreGeometry.LargestChunk >> IoRegion.SectorShift}: the store is damaged.");
        return header;
    }

    /// <summary>Reads all records of a store with that header.</summary>
    /// <param name="cow">The store's device.</param>
    /// <param name="header">Its header.</param>
    /// <param name="originLength">Bytes of the origin.</param>
    /// <param name="acceptTruncated">Takes exceptions whose chunks lie behind the end of the device, instead of refusing the store.</param>
    /// <param name="inOrder">Gets all records in the order in which they are on the device; null if that does not matter.</param>
    /// <exception cref="SnapshotStoreException">It is damaged or crafted, or cannot be read.</exception>
    public static async ValueTask<StoreImage> LoadAsync(IBlockDevice cow, StoreHeader header, long originLength, bool acceptTruncated, List<ExceptionRecord>? inOrder = null)
    {
        var geometry = new StoreGeometry(header.ChunkSize);
        if (geometry.ChunkSize % cow.Alignment != 0)
            throw new SnapshotStoreException($"{cow.Name}: direct I/O on it wants multiples of {cow.Alignment} bytes, and its chunks have {geometry.ChunkSize}; open it with IoMode.Buffered.");
        var image = new StoreImage { Geometry = geometry, IsValid = header.Valid != 0, Area = AlignedMemory.Allocate(geometry.ChunkSize) };
        if (!image.IsValid)
            return image;
        var check = new RecordCheck(cow, geometry, originLength, acceptTruncated);
        for (long area = 0; ; area++)
        {
            await ReadAreaAsync(cow, geometry, area, image.Area).ConfigureAwait(false);
            image.CurrentArea = area;
            image.Committed = TakeRecords(image, check, inOrder);
            if (image.Committed < geometry.RecordsPerArea)
                break;
        }
        var tail = image.Area.Span[(image.Committed * StoreGeometry.RecordSize)..];
        image.HasStaleRecords = tail.ContainsAnyExcept((byte)0);
        tail.Clear();
        image.NextFree = geometry.DataFrom(image.NextFree);
        return image;
    }

    /// <summary>Reads the records of one area.</summary>
    /// <exception cref="SnapshotStoreException">They cannot be read.</exception>
    public static ValueTask ReadAreaAsync(IBlockDevice cow, StoreGeometry geometry, long area, Memory<byte> into)
    {
        var at = geometry.OffsetOf(geometry.AreaChunk(area));
        return at > cow.Length - geometry.ChunkSize
            ? throw new SnapshotStoreException($"{cow.Name} ends at byte {cow.Length}, before metadata area {area} at byte {at}: "
                + (area == 0 ? "it is too small for a COW store with such chunks." : "it was truncated. Give it back its size; what it has lost cannot be had."))
            : ReadAsync(cow, at, into, $"metadata area {area}");
    }

    private static int TakeRecords(StoreImage image, RecordCheck check, List<ExceptionRecord>? inOrder)
    {
        var area = image.Area.Span;
        var geometry = image.Geometry;
        for (var i = 0; i < geometry.RecordsPerArea; i++)
        {
            var record = ExceptionRecord.Read(area, i);
            if (record.New == 0)
                return i;
            check.Take(record, image, i);
            inOrder?.Add(record);
            if (record.New >= image.NextFree)
                image.NextFree = record.New + 1;
        }
        return geometry.RecordsPerArea;
    }

    private static async ValueTask ReadAsync(IBlockDevice cow, long offset, Memory<byte> into, string what)
    {
        for (var done = 0; done < into.Length;)
        {
            var result = await cow.ReadAsync(offset + done, into[done..]).ConfigureAwait(false);
            if (!result.IsSuccess || result.Bytes == 0)
                throw new SnapshotStoreException($"{cow.Name}: {what} cannot be read at byte {offset + done}: {(result.IsSuccess ? IoError.EndOfDevice : result.Error)}.");
            done += (int)result.Bytes;
        }
    }
}
