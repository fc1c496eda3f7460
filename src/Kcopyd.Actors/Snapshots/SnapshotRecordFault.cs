namespace Kcopyd.Actors.Snapshots;

/// <summary>A record of a COW store that cannot be right.</summary>
/// <param name="Error">What is wrong with it.</param>
/// <param name="Record">The record.</param>
/// <param name="Area">The metadata area that it is in.</param>
/// <param name="Index">Its place there.</param>
public sealed record SnapshotRecordFault(SnapshotRecordError Error, ExceptionRecord Record, long Area, int Index)
{
    /// <summary>Chunks that the origin or the store has, for those that are behind its end.</summary>
    public long Chunks { get; init; }

    /// <summary>The earlier record that it contradicts; null if it does not contradict one.</summary>
    public ExceptionRecord? Other { get; init; }
}

/// <summary>What is wrong with a record.</summary>
public enum SnapshotRecordError
{
    /// <summary>Its old chunk is behind the end of the origin.</summary>
    BehindOrigin,
    /// <summary>Its new chunk is behind the end of the store.</summary>
    BehindStore,
    /// <summary>Its new chunk holds metadata of the store.</summary>
    InMetadata,
    /// <summary>Its new chunk is another record's already.</summary>
    ChunkTaken,
    /// <summary>Its old chunk has another record already.</summary>
    SecondException,
}
