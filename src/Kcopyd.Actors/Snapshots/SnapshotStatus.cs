using System.Globalization;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The status of an origin.</summary>
/// <param name="Name">The origin's name.</param>
/// <param name="Snapshots">The open snapshots, in the order in which they were opened.</param>
public sealed record OriginStatus(string Name, IReadOnlyList<SnapshotStatus> Snapshots);

/// <summary>The status of a snapshot. <see cref="ToString"/> formats it like <c>dmsetup status</c>.</summary>
/// <param name="Name">The snapshot's name.</param>
/// <param name="State">Whether it can be used.</param>
/// <param name="UsedSectors">512-byte sectors of the store that are in use, including metadata.</param>
/// <param name="TotalSectors">512-byte sectors of the store.</param>
/// <param name="MetadataSectors">Used sectors that hold metadata.</param>
/// <param name="Exceptions">Chunks that differ or may differ from the origin.</param>
/// <param name="ChunkSize">Chunk size in bytes.</param>
/// <param name="Store">How exceptions are stored.</param>
/// <param name="Reason">The problem as a message for the user; null if there is none.</param>
public sealed record SnapshotStatus(string Name, SnapshotState State, long UsedSectors, long TotalSectors, long MetadataSectors, long Exceptions,
    int ChunkSize, StoreKind Store, string? Reason)
{
    /// <summary>The problem as a value for programs.</summary>
    public SnapshotProblem Problem { get; init; }

    /// <summary>False if the snapshot is invalid and this could not be recorded in its store, because the store cannot be written. The store is then marked as
    /// unclean, and refused when it is opened again.</summary>
    public bool IsRecorded { get; init; } = true;

    /// <summary>Percentage of the store in use.</summary>
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
    /// <summary>No problem.</summary>
    None,
    /// <summary>The store is full.</summary>
    StoreFull,
    /// <summary>The store has room, but the file system of its file is full, or a quota is used up.</summary>
    NoSpace,
    /// <summary>A chunk could not be copied into the store.</summary>
    CopyFailed,
    /// <summary>The metadata of the store could not be written.</summary>
    MetadataFailed,
    /// <summary>The store was already marked as invalid when it was opened.</summary>
    FoundInvalid,
    /// <summary>The store was truncated, and has lost chunks.</summary>
    Truncated,
    /// <summary>A merge failed.</summary>
    MergeFailed,
    /// <summary>The store could not be closed properly: it stays marked as unclean, and is refused when it is opened again.</summary>
    NotClosed,
}

/// <summary>Whether a snapshot can be used.</summary>
public enum SnapshotState
{
    /// <summary>It can be read and written.</summary>
    Active,
    /// <summary>It is being merged into its origin: both read as the snapshot does.</summary>
    Merging,
    /// <summary>A merge stopped after an error; it can be started again.</summary>
    MergeFailed,
    /// <summary>A write found the store full (<see cref="StoreKind.PersistentOverflow"/>): the snapshot can be read, but not written.</summary>
    Overflow,
    /// <summary>It has lost part of its content: every I/O fails with <see cref="IoError.Io"/>.</summary>
    Invalid,
}
