using System.Buffers.Binary;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Reads a persistent store one page at a time, and refuses an invalid one. It writes nothing.</summary>
/// <remarks>Records that an interrupted write of an area left behind the end of the list are dropped, and must be removed from the device before the next
/// commit: a second interruption could make them valid.</remarks>
internal static class StoreReader
{
    /// <summary>Bytes at the start of a store that are read and written at once: one sector, if the device's alignment permits.</summary>
    public static int HeadSize(IBlockDevice cow) => Math.Max(IoRegion.SectorSize, cow.Alignment);

    /// <summary>Reads the header and the label.</summary>
    /// <param name="cow">The device.</param>
    /// <param name="acceptDamagedLabel">True to treat a label that is damaged or has another version like a missing one.</param>
    /// <returns>Null if the device begins with four zero bytes: it has no store yet.</returns>
    /// <exception cref="SnapshotStoreException">The device holds other data, or cannot be read.</exception>
    public static async ValueTask<StoreHead?> HeadAsync(IBlockDevice cow, bool acceptDamagedLabel = false)
    {
        if (cow.Length < HeadSize(cow))
            throw new SnapshotStoreException(SnapshotStoreError.TooSmall, cow.Name,
                $" has {cow.Length} bytes: too small for a COW store, which needs at least two chunks.") { Length = cow.Length };
        var sector = AlignedMemory.Allocate(HeadSize(cow));
        await ReadAsync(cow, 0, sector, "its header").ConfigureAwait(false);
        var header = StoreHeader.Read(sector.Span);
        if (header.Magic == 0)
            return null;
        var magic = BinaryPrimitives.ReverseEndianness(header.Magic);
        if (header.Magic != StoreHeader.SnapMagic)
            throw new SnapshotStoreException(SnapshotStoreError.OtherData, cow.Name,
                $" is not a COW store: it begins with 0x{magic:x8}, not with 'SnAp'.") { Found = $"data that begins with 0x{magic:x8}" };
        if (header.Version != StoreHeader.DiskVersion)
            throw new SnapshotStoreException(SnapshotStoreError.UnknownVersion, cow.Name,
                $" is a COW store of version {header.Version}; this release supports version {StoreHeader.DiskVersion}.") { Version = (int)header.Version };
        if (header.ChunkSize == 0)
            throw new SnapshotStoreException(SnapshotStoreError.Damaged, cow.Name,
                $": its header specifies chunks of {header.ChunkSectors} sectors, which is not a power of two from 1 to "
                + $"{StoreGeometry.MaxChunk >> IoRegion.SectorShift}: the store is damaged.")
            {
                ChunkSize = (long)header.ChunkSectors << IoRegion.SectorShift,
            };
        try
        {
            return new StoreHead(header, SnapshotStoreLabel.Read(sector.Span, cow.Name));
        }
        catch (SnapshotStoreException unusable) when (acceptDamagedLabel)
        {
            return new StoreHead(header, null) { LabelError = unusable };
        }
    }

    /// <summary>Refuses to overwrite a store with an incomplete merge. Other data and invalid stores are ignored, because they cannot be merged.</summary>
    /// <exception cref="SnapshotStoreException">The store is half merged, or cannot be read.</exception>
    public static async ValueTask CheckNotHalfMergedAsync(IBlockDevice cow)
    {
        if (await ReadHalfMergedAsync(cow).ConfigureAwait(false) is { } label)
        {
            throw new SnapshotStoreException(SnapshotStoreError.HalfMerged, cow.Name,
                $" is half merged: a merge into {ForeignText.Path(label.OriginName)} was begun and is not complete, "
                + "and the store has the only copy of the remaining chunks.",
                " Complete it with Snapshot.MergeAsync; if the remaining chunks are no longer needed, overwrite the first sector with zeroes.")
            {
                Label = label,
            };
        }
    }

    /// <summary>Returns the label of a store with an incomplete merge; null for anything else.</summary>
    /// <exception cref="SnapshotStoreException">The device cannot be read.</exception>
    public static async ValueTask<SnapshotStoreLabel?> ReadHalfMergedAsync(IBlockDevice cow)
    {
        StoreHead? head;
        try
        {
            head = await HeadAsync(cow, acceptDamagedLabel: true).ConfigureAwait(false);
        }
        catch (SnapshotStoreException other) when (other.Reason != SnapshotStoreError.ReadFailed)
        {
            return null;
        }
        if (head is not { Header.Valid: not 0, Label: { IsMerging: true } label })
            return null;
        // The list of records ends with the first empty one.
        var first = new StoreGeometry(head.Value.Header.ChunkSize).RecordOffset(0, 0);
        var block = first & -HeadSize(cow);
        if (block + HeadSize(cow) > cow.Length)
            return null;
        var bytes = await ReadAsync(cow, block, HeadSize(cow), "its first record").ConfigureAwait(false);
        return ExceptionRecord.Read(bytes.Span[(int)(first - block)..], 0).New != 0 ? label : null;
    }

    /// <summary>Reads all records of a store.</summary>
    /// <param name="cow">The store's device.</param>
    /// <param name="head">The header and the label.</param>
    /// <param name="originLength">The origin's length in bytes.</param>
    /// <param name="acceptTruncated">True to accept exceptions whose chunks are beyond the end of the device, instead of refusing the store.</param>
    /// <param name="inOrder">For a caller that only inspects the store: receives all records in their order on the device. Null for a caller that uses the
    /// store afterwards: then the rest of the area behind the end of the list is read, too.</param>
    /// <param name="largestPage">Maximum bytes that are read at once.</param>
    /// <exception cref="SnapshotStoreException">The store is damaged, crafted or truncated, or cannot be read.</exception>
    public static async ValueTask<StoreImage> LoadAsync(IBlockDevice cow, StoreHead head, long originLength, bool acceptTruncated,
        List<ExceptionRecord>? inOrder = null, int largestPage = StoreGeometry.DefaultPage)
    {
        var geometry = new StoreGeometry(head.Header.ChunkSize, largestPage);
        if (geometry.ChunkSize % cow.Alignment != 0)
            throw new SnapshotStoreException(SnapshotStoreError.Misaligned, cow.Name,
                $": direct I/O on it needs multiples of {cow.Alignment} bytes, and its chunks have {geometry.ChunkSize}", "; open it with IoMode.Buffered.")
            {
                Alignment = cow.Alignment, ChunkSize = geometry.ChunkSize,
            };
        var image = new StoreImage { Geometry = geometry, Head = head, Page = AlignedMemory.Allocate(geometry.PageSize) };
        if (!image.IsValid)
            return image;
        var check = new RecordCheck(cow, geometry, originLength, acceptTruncated);
        for (long area = 0; ; area++)
        {
            CheckHasArea(cow, geometry, area);
            image.CurrentArea = area;
            if (await LoadAreaAsync(cow, image, check, inOrder).ConfigureAwait(false))
                break;
        }
        var tail = image.Page.Span[(image.InPage * StoreGeometry.RecordSize)..];
        image.IsPageStale = tail.ContainsAnyExcept((byte)0);
        tail.Clear();
        if (inOrder is null)
            image.IsTailStale = await HoldsMoreAsync(cow, image).ConfigureAwait(false);
        image.NextFree = geometry.DataFrom(image.NextFree);
        return image;
    }

    /// <returns>True if the list ends in this area.</returns>
    private static async ValueTask<bool> LoadAreaAsync(IBlockDevice cow, StoreImage image, RecordCheck check, List<ExceptionRecord>? inOrder)
    {
        var geometry = image.Geometry;
        for (var first = 0; first < geometry.RecordsPerArea; first += geometry.RecordsPerPage)
        {
            await ReadAsync(cow, geometry.RecordOffset(image.CurrentArea, first), image.Page, $"metadata area {image.CurrentArea}").ConfigureAwait(false);
            image.PageStart = first;
            image.InPage = TakeRecords(image, check, inOrder);
            if (image.InPage < geometry.RecordsPerPage)
                return true;
        }
        return false;
    }

    // True if the area that contains the end of the list has other data than zeroes behind the page with the end.
    private static async ValueTask<bool> HoldsMoreAsync(IBlockDevice cow, StoreImage image)
    {
        var geometry = image.Geometry;
        var page = geometry.PageSize < geometry.ChunkSize ? AlignedMemory.Allocate(geometry.PageSize) : default;
        for (var first = image.PageStart + geometry.RecordsPerPage; first < geometry.RecordsPerArea; first += geometry.RecordsPerPage)
        {
            await ReadAsync(cow, geometry.RecordOffset(image.CurrentArea, first), page, $"metadata area {image.CurrentArea}").ConfigureAwait(false);
            if (page.Span.ContainsAnyExcept((byte)0))
                return true;
        }
        return false;
    }

    private static void CheckHasArea(IBlockDevice cow, StoreGeometry geometry, long area)
    {
        var at = geometry.OffsetOf(geometry.AreaChunk(area));
        if (at <= cow.Length - geometry.ChunkSize)
            return;
        throw area == 0
            ? new SnapshotStoreException(SnapshotStoreError.TooSmall, cow.Name,
                $" ends at byte {cow.Length}, before metadata area 0 at byte {at}: it is too small for a COW store with this chunk size.")
            {
                Length = cow.Length, Needed = at + geometry.ChunkSize, ChunkSize = geometry.ChunkSize,
            }
            : new SnapshotStoreException(SnapshotStoreError.Truncated, cow.Name,
                $" ends at byte {cow.Length}, before metadata area {area} at byte {at}: it was truncated.",
                " Restore its size; lost data cannot be recovered.")
            {
                Length = cow.Length, Needed = at + geometry.ChunkSize, ChunkSize = geometry.ChunkSize,
            };
    }

    private static int TakeRecords(StoreImage image, RecordCheck check, List<ExceptionRecord>? inOrder)
    {
        var page = image.Page.Span;
        var geometry = image.Geometry;
        for (var i = 0; i < geometry.RecordsPerPage; i++)
        {
            var record = ExceptionRecord.Read(page, i);
            if (record.New == 0)
                return i;
            check.Take(record, image, image.PageStart + i);
            inOrder?.Add(record);
            if (record.New >= image.NextFree)
                image.NextFree = record.New + 1;
        }
        return geometry.RecordsPerPage;
    }

    /// <summary>Reads a range.</summary>
    /// <exception cref="SnapshotStoreException">The device cannot be read.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(IBlockDevice cow, long offset, int length, string what)
    {
        var bytes = AlignedMemory.Allocate(length);
        await ReadAsync(cow, offset, bytes, what).ConfigureAwait(false);
        return bytes;
    }

    private static async ValueTask ReadAsync(IBlockDevice cow, long offset, Memory<byte> into, string what)
    {
        try
        {
            await cow.ReadExactlyAsync(offset, into).ConfigureAwait(false);
        }
        catch (BlockDeviceException failed)
        {
            throw new SnapshotStoreException(
                SnapshotStoreError.ReadFailed, cow.Name, $": {what} cannot be read at byte {failed.Offset}: {failed.Error.Describe()}.")
            {
                Error = failed.Error, Offset = failed.Offset,
            };
        }
    }
}
