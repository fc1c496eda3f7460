namespace Kcopyd.Actors.Snapshots;

/// <summary>How to make or open a snapshot.</summary>
public sealed record SnapshotOptions
{
    /// <summary>A name for people and for metrics; null takes the COW device's.</summary>
    public string? Name { get; init; }

    /// <summary>Bytes of a chunk, the unit of copy-on-write: a power of two from 512 to 1 GiB. A store that exists keeps its own size. Null takes the
    /// setting <c>kcopyd.snapshots.chunk-size</c>.</summary>
    public int? ChunkSize { get; init; }

    /// <summary>Where the exceptions are kept.</summary>
    public StoreKind Store { get; init; } = StoreKind.Persistent;

    /// <summary>What to do with a COW device that has a store, and with one that has none.</summary>
    public StoreMode Mode { get; init; } = StoreMode.OpenOrCreate;

    /// <summary>A write that covers a whole chunk does not read the origin. Off only to measure what that saves.</summary>
    public bool WholeChunkShortcut { get; init; } = true;

    /// <summary>Opens a store that was truncated: chunks that it has lost answer <see cref="IoError.Io"/>. Otherwise it is refused.</summary>
    public bool AcceptTruncated { get; init; }

    /// <summary>Opens a store that was made for another origin, or whose label is damaged, and binds it to this one. For an image that was moved or
    /// restored.</summary>
    public bool AcceptOrigin { get; init; }

    /// <summary>What to do with a store that a writer of its origin did not close.</summary>
    public UncleanStores Unclean { get; init; }

    /// <summary>Opens the snapshot to merge it, as the kernel's <c>snapshot-merge</c>: from the beginning the origin reads as the snapshot does, and
    /// <see cref="Snapshot.MergeAsync"/> moves the chunks. Nothing can make such a store stale, so that it is not marked: killed at any time, a merge can be
    /// continued. Other snapshots that are to be protected from the merge are opened before.</summary>
    public bool ForMerge { get; init; }

    /// <summary>Lets the file of the store grow before it is full; null leaves its size alone. A file or volume that somebody else extends is seen in any
    /// case.</summary>
    public StoreGrowth? Growth { get; init; }

    /// <summary>The kernel's <c>discard_zeroes_cow</c>: discarding a whole chunk that has an exception zeroes it in the store.</summary>
    public bool DiscardZeroesCow { get; init; }

    /// <summary>The kernel's <c>discard_passdown_origin</c>: a discard goes to the origin too, which is not copied before. Needs
    /// <see cref="DiscardZeroesCow"/>.</summary>
    public bool DiscardPassdownOrigin { get; init; }

    /// <summary>Percentage of the store in use from which on it grows, or <see cref="SnapshotFilling"/> is published; null takes the setting
    /// <c>kcopyd.snapshots.fill-threshold</c>.</summary>
    public int? FillThreshold { get; init; }

    /// <summary>Bytes of metadata that are in memory and are written at once. Small ones are for specs: in usual sizes an area is a page.</summary>
    internal int LargestPage { get; init; } = StoreGeometry.UsualPage;

    /// <summary>False, the default, if closing the snapshot disposes the COW device.</summary>
    public bool LeaveOpen { get; init; }
}

/// <summary>Whether a COW device must have a store, or must not.</summary>
public enum StoreMode
{
    /// <summary>Opens the store that is there, or makes one as <see cref="Create"/> does.</summary>
    OpenOrCreate,
    /// <summary>Makes a store where the device begins with a chunk of zeroes and has no signature of a file system, a partition table or the like. Anything
    /// else is refused.</summary>
    Create,
    /// <summary>Opens the store that is there; a device without one is refused.</summary>
    Open,
    /// <summary>Makes a store, whatever the device holds: that is lost. Only a store with a merge that is not complete is refused
    /// (<see cref="SnapshotStoreError.HalfMerged"/>).</summary>
    Replace,
}

/// <summary>What to do with a store that was in use by a writer of its origin, and was not closed. After a crash or a power cut such a store is whole. After a
/// failure of its own device, when it could not be invalidated any more, it lacks chunks that the origin has overwritten. The two cannot be told
/// apart.</summary>
public enum UncleanStores
{
    /// <summary>Refuses it: <see cref="SnapshotStoreError.Unclean"/>.</summary>
    Refuse,
    /// <summary>Opens it and keeps it up to date, and leaves the decision to whoever opens it next: it stays unclean.</summary>
    Keep,
    /// <summary>Opens it and takes it for whole: its device has not failed.</summary>
    Accept,
}

/// <summary>How the file of a store grows by itself.</summary>
/// <param name="Step">Bytes by which it grows when <see cref="SnapshotOptions.FillThreshold"/> is reached, and whenever it is full.</param>
/// <param name="Limit">Bytes that it has at most.</param>
public sealed record StoreGrowth(long Step, long Limit);
