namespace Kcopyd.Actors.Snapshots;

/// <summary>Reads COW stores from their devices, without an origin and without an actor system.</summary>
public static class SnapshotStore
{
    // Bytes: the longest origin in which the offset of every chunk fits into a long.
    private const long AnyOrigin = long.MaxValue - StoreGeometry.MaxChunk;

    /// <summary>Reads all metadata of a persistent store, on the calling thread, and writes nothing. Thread-safe. If the store is written to at the same time,
    /// the result may show an incomplete change.</summary>
    /// <param name="cow">The store's device.</param>
    /// <param name="originLength">The origin's length in bytes, to refuse records beyond its end; null if it is unknown.</param>
    /// <param name="acceptTruncated">True to accept exceptions whose chunks are beyond the end of the device, instead of refusing the store.</param>
    /// <param name="acceptDamagedLabel">True to accept a store whose label is damaged or was written by a newer release, see
    /// <see cref="SnapshotStoreContents.LabelError"/>, instead of refusing it.</param>
    /// <exception cref="SnapshotStoreException">There is no store, or it is damaged, crafted or truncated, or cannot be read.</exception>
    public static async Task<SnapshotStoreContents> ReadAsync(
        IBlockDevice cow, long? originLength = null, bool acceptTruncated = false, bool acceptDamagedLabel = false)
    {
        ArgumentNullException.ThrowIfNull(cow);
        var head = await StoreReader.HeadAsync(cow, acceptDamagedLabel).ConfigureAwait(false)
            ?? throw new SnapshotStoreException(SnapshotStoreError.NoStore, cow.Name, " holds no COW store", ": its first sector is empty.");
        var records = new List<ExceptionRecord>();
        var image = await StoreReader.LoadAsync(cow, head, originLength ?? AnyOrigin, acceptTruncated, records).ConfigureAwait(false);
        var geometry = image.Geometry;
        var areas = new List<SnapshotStoreArea>();
        if (image.IsValid)
        {
            for (long area = 0; area <= image.CurrentArea; area++)
                areas.Add(new SnapshotStoreArea(geometry.AreaChunk(area), area < image.CurrentArea ? geometry.RecordsPerArea : image.Committed));
        }
        var store = new PersistentStore(image, StoreReader.HeadSize(cow));
        var status = new SnapshotStatus(cow.Name, image.IsValid ? SnapshotState.Active : SnapshotState.Invalid,
            store.UsedSectors, cow.Length >> IoRegion.SectorShift, store.MetadataSectors, records.Count, geometry.ChunkSize, StoreKind.Persistent, image.Reason)
        {
            Problem = image.Problem,
        };
        return new SnapshotStoreContents(status, (int)head.Header.Version, head.Label, areas, records) { LabelError = head.LabelError };
    }
}

/// <summary>The metadata of a persistent store. Of an invalid store, only the header is read.</summary>
/// <param name="Status">The status of its snapshot.</param>
/// <param name="Version">The header's version.</param>
/// <param name="Label">Identifies its origin, and tells whether it was closed; null if it has none, as in stores that the kernel created.</param>
/// <param name="Areas">The metadata areas, in order; the last one is not full.</param>
/// <param name="Exceptions">All records, in their order on the device.</param>
public sealed record SnapshotStoreContents(
    SnapshotStatus Status, int Version, SnapshotStoreLabel? Label, IReadOnlyList<SnapshotStoreArea> Areas, IReadOnlyList<ExceptionRecord> Exceptions)
{
    /// <summary>Why an existing label could not be read: it is damaged, or was written by a newer release. Null otherwise.</summary>
    public SnapshotStoreException? LabelError { get; init; }

    /// <summary>True if a merge was started and is not complete: the store has the only copy of the remaining chunks. False if the label does not show it, as
    /// after a merge by the kernel.</summary>
    public bool IsHalfMerged => Label is { IsMerging: true } && Exceptions.Count > 0;
}

/// <summary>One metadata area: a chunk of records.</summary>
/// <param name="Chunk">Its place on the COW device, counted in chunks.</param>
/// <param name="Records">Number of records in it; a record has 16 bytes.</param>
public readonly record struct SnapshotStoreArea(long Chunk, int Records);
