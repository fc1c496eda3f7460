namespace Kcopyd.Actors.Snapshots;

/// <summary>COW stores as they are on their devices, without an origin and without an actor system.</summary>
public static class SnapshotStore
{
    // Bytes: so many that the offset of every chunk is a number.
    private const long AnyOrigin = long.MaxValue - StoreGeometry.LargestChunk;

    /// <summary>Reads all metadata of a persistent store, on the calling thread, and writes nothing. For any thread. A store that somebody
    /// writes to at the same time may be seen in the middle of a change.</summary>
    /// <param name="cow">The store's device.</param>
    /// <param name="originLength">Bytes of the origin, so that records behind its end are refused; null if it is not known.</param>
    /// <param name="acceptTruncated">Takes exceptions whose chunks lie behind the end of the device, instead of refusing the store.</param>
    /// <param name="acceptDamagedLabel">Takes a store whose label is damaged or of a newer release, see <see cref="SnapshotStoreContents.LabelError"/>, instead
    /// of refusing it.</param>
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
            store.UsedSectors, cow.Length >> IoRegion.SectorShift, store.MetadataSectors, records.Count, geometry.ChunkSize, StoreKind.Persistent, image.Reason) { Problem = image.Problem };
        return new SnapshotStoreContents(status, (int)head.Header.Version, head.Label, areas, records) { LabelError = head.LabelError };
    }
}

/// <summary>What a persistent store holds besides data. Of an invalid store only the header is read.</summary>
/// <param name="Status">The status of the snapshot that it keeps.</param>
/// <param name="Version">The header's version.</param>
/// <param name="Label">Of which origin it is, and whether it was closed; null if it does not say, as stores that the kernel made.</param>
/// <param name="Areas">Metadata areas, in order; the last one is not full.</param>
/// <param name="Exceptions">All records, in the order in which they are on the device.</param>
public sealed record SnapshotStoreContents(
    SnapshotStatus Status, int Version, SnapshotStoreLabel? Label, IReadOnlyList<SnapshotStoreArea> Areas, IReadOnlyList<ExceptionRecord> Exceptions)
{
    /// <summary>Why the label is not read, although there is one: it is damaged, or of a newer release. Null otherwise.</summary>
    public SnapshotStoreException? LabelError { get; init; }

    /// <summary>True if a merge was begun and is not complete: what is still to be merged is nowhere else. False where the label cannot tell, as after a merge
    /// by the kernel.</summary>
    public bool IsHalfMerged => Label is { IsMerging: true } && Exceptions.Count > 0;
}

/// <summary>One metadata area: a chunk of records.</summary>
/// <param name="Chunk">Where it is, counted in chunks on the COW device.</param>
/// <param name="Records">How many records it holds; a chunk has room for one for every 16 bytes.</param>
public readonly record struct SnapshotStoreArea(long Chunk, int Records);
