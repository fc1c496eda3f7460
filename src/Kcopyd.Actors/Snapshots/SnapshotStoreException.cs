namespace Kcopyd.Actors.Snapshots;

/// <summary>Thrown when a snapshot cannot be taken or opened, because its COW store cannot be used or created. The message names the device, the problem, and
/// the remedy in terms of this library. For callers that react to the problem or write their own messages, <see cref="Reason"/> identifies it, and the other
/// properties give the values that belong to it.</summary>
public sealed class SnapshotStoreException : IOException
{
    /// <param name="reason">The problem.</param>
    /// <param name="device">The device's name, which begins the message.</param>
    /// <param name="what">The rest of the sentence, beginning with a space or colon.</param>
    /// <param name="remedy">What the caller of this library can do; empty if nothing helps.</param>
    internal SnapshotStoreException(SnapshotStoreError reason, string device, string what, string remedy = "") : base(device + what + remedy)
    {
        Reason = reason;
        Device = device;
    }

    /// <summary>The problem.</summary>
    public SnapshotStoreError Reason { get; }

    /// <summary>The name of the device: the store's, or the origin's for <see cref="SnapshotStoreError.OriginNotFlushed"/>.</summary>
    public string Device { get; }

    /// <summary>The error of the failed I/O; <see cref="IoError.None"/> if none failed.</summary>
    public IoError Error { get; init; }

    /// <summary>The byte at which the I/O failed; null if it has no offset, like a flush.</summary>
    public long? Offset { get; init; }

    /// <summary>The device's length in bytes, for <see cref="SnapshotStoreError.TooSmall"/> and <see cref="SnapshotStoreError.Truncated"/>.</summary>
    public long Length { get; init; }

    /// <summary>The minimum length in bytes that is needed; 0 if unknown.</summary>
    public long Needed { get; init; }

    /// <summary>The chunk size in bytes of the existing or new store; 0 if it is unrelated to the problem.</summary>
    public long ChunkSize { get; init; }

    /// <summary>The alignment in bytes that direct I/O requires, for <see cref="SnapshotStoreError.Misaligned"/>.</summary>
    public int Alignment { get; init; }

    /// <summary>The store's version, for <see cref="SnapshotStoreError.UnknownVersion"/>.</summary>
    public int Version { get; init; }

    /// <summary>What the device holds, such as "an XFS file system", for <see cref="SnapshotStoreError.OtherData"/>.</summary>
    public string? Found { get; init; }

    /// <summary>The store's label, for <see cref="SnapshotStoreError.OtherOrigin"/> and <see cref="SnapshotStoreError.HalfMerged"/>.</summary>
    public SnapshotStoreLabel? Label { get; init; }

    /// <summary>The origin with which it was opened, for <see cref="SnapshotStoreError.OtherOrigin"/>; null if <see cref="Record"/> shows it.</summary>
    public OriginIdentity? Origin { get; init; }

    /// <summary>The length of <see cref="Origin"/> in bytes.</summary>
    public long OriginLength { get; init; }

    /// <summary>The record that shows the problem; null if none does.</summary>
    public SnapshotRecordFault? Record { get; init; }
}

/// <summary>Why a COW store cannot be used.</summary>
public enum SnapshotStoreError
{
    /// <summary>The device could not be read.</summary>
    ReadFailed,
    /// <summary>The device could not be written or flushed.</summary>
    WriteFailed,
    /// <summary>The device holds no store: it begins with zeroes.</summary>
    NoStore,
    /// <summary>The device holds data that is not a store.</summary>
    OtherData,
    /// <summary>A store was to be created, but the device already holds one.</summary>
    HoldsStore,
    /// <summary>The store was created by a newer version of the software.</summary>
    UnknownVersion,
    /// <summary>The header or a record is invalid.</summary>
    Damaged,
    /// <summary>The device ends before the store does.</summary>
    Truncated,
    /// <summary>The device is too small for a store with this chunk size.</summary>
    TooSmall,
    /// <summary>Direct I/O on the device requires an alignment that is larger than a chunk.</summary>
    Misaligned,
    /// <summary>The store was created for another origin.</summary>
    OtherOrigin,
    /// <summary>The store was in use by a writer of its origin that did not close it: it is unknown whether it is whole.</summary>
    Unclean,
    /// <summary>The origin could not be flushed: it is unknown what a snapshot of it would show after a power cut.</summary>
    OriginNotFlushed,
    /// <summary>The label has a wrong checksum. The store itself may be intact: <see cref="SnapshotOptions.AcceptOrigin"/> opens it.</summary>
    DamagedLabel,
    /// <summary>A merge of the store was started and is not complete: the store has the only copy of the remaining chunks, and is not overwritten.</summary>
    HalfMerged,
}
