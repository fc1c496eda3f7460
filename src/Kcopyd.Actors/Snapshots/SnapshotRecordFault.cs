namespace Kcopyd.Actors.Snapshots;

/// <summary>An invalid record of a COW store.</summary>
/// <param name="Error">What is wrong with it.</param>
/// <param name="Record">The record.</param>
/// <param name="Area">The metadata area that contains it.</param>
/// <param name="Index">Its index in that area.</param>
public sealed record SnapshotRecordFault(SnapshotRecordError Error, ExceptionRecord Record, long Area, int Index)
{
    /// <summary>The number of chunks of the origin or the store, for a chunk beyond its end.</summary>
    public long Chunks { get; init; }

    /// <summary>The earlier record that it contradicts; null if there is none.</summary>
    public ExceptionRecord? Other { get; init; }
}

/// <summary>What is wrong with a record.</summary>
public enum SnapshotRecordError
{
    /// <summary>Its old chunk is beyond the end of the origin.</summary>
    BehindOrigin,
    /// <summary>Its new chunk is beyond the end of the store.</summary>
    BehindStore,
    /// <summary>Its new chunk holds metadata of the store.</summary>
    InMetadata,
    /// <summary>Its new chunk is already used by another record.</summary>
    ChunkTaken,
    /// <summary>Its old chunk already has another record.</summary>
    SecondException,
}
