using System.Globalization;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The status of a snapshot. <see cref="ToString"/> has the words and numbers of <c>dmsetup status</c>.</summary>
/// <param name="Name">The snapshot's name.</param>
/// <param name="State">Whether it can be used.</param>
/// <param name="UsedSectors">512-byte sectors of the store that are in use, metadata included.</param>
/// <param name="TotalSectors">512-byte sectors of the store.</param>
/// <param name="MetadataSectors">Of the used ones those with metadata.</param>
/// <param name="Exceptions">Chunks that differ from the origin, or may.</param>
/// <param name="ChunkSize">Bytes of a chunk.</param>
/// <param name="Store">How exceptions are kept.</param>
/// <param name="Reason">Why it cannot be used, for people; null if it can.</param>
public sealed record SnapshotStatus(string Name, SnapshotState State, long UsedSectors, long TotalSectors, long MetadataSectors, long Exceptions,
    int ChunkSize, StoreKind Store, string? Reason)
{
    /// <summary>The same for programs.</summary>
    public SnapshotProblem Problem { get; init; }

    /// <summary>False if the snapshot is invalid and its store could not be told so, because it cannot be written. The store is marked as unclean then, and
    /// refused when it is opened again.</summary>
    public bool IsRecorded { get; init; } = true;

    /// <summary>Used of the store, in per cent.</summary>
    public double UsedPercent => TotalSectors == 0 ? 100 : 100.0 * UsedSectors / TotalSectors;

    /// <inheritdoc/>
    public override string ToString() => (State is SnapshotState.Merging or SnapshotState.MergeFailed ? "snapshot-merge " : "snapshot ") + State switch
    {
        SnapshotState.Invalid => "Invalid",
        SnapshotState.MergeFailed => "Merge failed",
        SnapshotState.Overflow => "Overflow",
        _ => string.Create(CultureInfo.InvariantCulture, $"{UsedSectors}/{TotalSectors} {MetadataSectors}"),
    };
}

/// <summary>What is wrong with a snapshot.</summary>
public enum SnapshotProblem
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>The store is full.</summary>
    StoreFull,
    /// <summary>The store has room, but the file system that its file is on has none, or a quota is used up.</summary>
    NoSpace,
    /// <summary>A chunk could not be copied into the store.</summary>
    CopyFailed,
    /// <summary>The metadata of the store could not be written.</summary>
    MetadataFailed,
    /// <summary>The store said that it is invalid when it was opened.</summary>
    FoundInvalid,
    /// <summary>The store was truncated, and has lost chunks.</summary>
    Truncated,
    /// <summary>A merge met an error.</summary>
    MergeFailed,
    /// <summary>The store could not be closed properly: it stays marked as unclean, and is refused when it is opened again.</summary>
    NotClosed,
}

/// <summary>Whether a snapshot can be used.</summary>
public enum SnapshotState
{
    /// <summary>It can.</summary>
    Active,
    /// <summary>It is being merged into its origin: both read as the snapshot does.</summary>
    Merging,
    /// <summary>A merge met an error and stands still; it can be begun again.</summary>
    MergeFailed,
    /// <summary>A write found the store full (<see cref="StoreKind.PersistentOverflow"/>): it can be read, not written.</summary>
    Overflow,
    /// <summary>It has lost something of what it should show: every I/O answers <see cref="IoError.Io"/>.</summary>
    Invalid,
}
