namespace Kcopyd.Actors.Snapshots;

/// <summary>Options for creating or opening a snapshot.</summary>
public sealed record SnapshotOptions
{
    /// <summary>The snapshot's name in messages and metrics; null uses the COW device's name.</summary>
    public string? Name { get; init; }

    /// <summary>The size of a chunk, the unit of copy-on-write, in bytes: a power of two from 512 to 1 GiB. An existing store keeps its chunk size. Null uses
    /// the setting <c>kcopyd.snapshots.chunk-size</c>.</summary>
    public int? ChunkSize { get; init; }

    /// <summary>Where exceptions are stored.</summary>
    public StoreKind Store { get; init; } = StoreKind.Persistent;

    /// <summary>Whether the COW device must have a store, or must not.</summary>
    public StoreMode Mode { get; init; } = StoreMode.OpenOrCreate;

    /// <summary>Lets a write that covers a whole chunk skip reading the origin. Disable it only to measure what it saves.</summary>
    public bool WholeChunkShortcut { get; init; } = true;

    /// <summary>Opens a truncated store: lost chunks fail with <see cref="IoError.Io"/>. Otherwise such a store is refused.</summary>
    public bool AcceptTruncated { get; init; }

    /// <summary>Opens a store that was created for another origin, or whose label is damaged, and binds it to this origin. Use it for an image that was moved
    /// or restored.</summary>
    public bool AcceptOrigin { get; init; }

    /// <summary>How to treat a store that was not closed while its origin was writable.</summary>
    public UncleanStores Unclean { get; init; }

    /// <summary>Opens the snapshot for a merge, like the kernel's <c>snapshot-merge</c>: the origin reads as the snapshot does from then on, and
    /// <see cref="Snapshot.MergeAsync"/> moves the chunks. Nothing can make such a store stale, so that it is not marked as unclean: a merge can be continued
    /// after it was killed at any time. Open other snapshots that must be protected from the merge before this one.</summary>
    public bool ForMerge { get; init; }

    /// <summary>Lets the file of the store grow before it is full; null keeps its size. A file or volume that is extended externally is detected in either
    /// case.</summary>
    public StoreGrowth? Growth { get; init; }

    /// <summary>The kernel's <c>discard_zeroes_cow</c>: discarding a whole chunk that has an exception zeroes it in the store.</summary>
    public bool DiscardZeroesCow { get; init; }

    /// <summary>The kernel's <c>discard_passdown_origin</c>: a discard is also sent to the origin, without a copy first. Requires
    /// <see cref="DiscardZeroesCow"/>.</summary>
    public bool DiscardPassdownOrigin { get; init; }

    /// <summary>Percentage of the store in use at which it grows or <see cref="SnapshotFilling"/> is published; null uses the setting
    /// <c>kcopyd.snapshots.fill-threshold</c>.</summary>
    public int? FillThreshold { get; init; }

    /// <summary>Maximum bytes of a metadata page, which is kept in memory and written at once. Specs use small ones; usually an area is one page.</summary>
    internal int MaxPage { get; init; } = StoreGeometry.DefaultPage;

    /// <summary>True to leave the COW device open when the snapshot is closed; otherwise it is disposed.</summary>
    public bool LeaveOpen { get; init; }
}

/// <summary>Whether a COW device must have a store, or must not.</summary>
public enum StoreMode
{
    /// <summary>Opens the existing store, or creates one as <see cref="Create"/> does.</summary>
    OpenOrCreate,
    /// <summary>Creates a store if the device begins with a chunk of zeroes and has no signature of a file system, a partition table or the like. Any other
    /// device is refused.</summary>
    Create,
    /// <summary>Opens the existing store; a device without one is refused.</summary>
    Open,
    /// <summary>Creates a store and destroys what the device holds. Only a store with an incomplete merge is refused
    /// (<see cref="SnapshotStoreError.HalfMerged"/>).</summary>
    Replace,
}

/// <summary>How to treat a store that was in use by a writer of its origin and was not closed. After a crash or a power cut such a store is whole. After a
/// failure of its own device, which prevented its invalidation, it lacks chunks that the origin has overwritten. The two cases cannot be
/// distinguished.</summary>
public enum UncleanStores
{
    /// <summary>Refuses the store: <see cref="SnapshotStoreError.Unclean"/>.</summary>
    Refuse,
    /// <summary>Opens the store and keeps it up to date, but leaves the decision to the next caller that opens it: it stays unclean.</summary>
    Keep,
    /// <summary>Opens the store and treats it as whole. The caller knows that its device has not failed.</summary>
    Accept,
}

/// <summary>How the file of a store grows automatically.</summary>
/// <param name="Step">Bytes by which it grows when <see cref="SnapshotOptions.FillThreshold"/> is reached, and whenever it is full.</param>
/// <param name="Limit">Maximum size in bytes.</param>
public sealed record StoreGrowth(long Step, long Limit);
