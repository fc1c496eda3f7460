namespace Kcopyd.Actors.Snapshots;

/// <summary>A snapshot cannot be taken or opened, because its COW store cannot be used or made. The message names the device, what is wrong, and the remedy in
/// terms of this library. For callers that react, or write sentences of their own, <see cref="Reason"/> tells what is wrong, and the other properties have the
/// values that belong to it.</summary>
public sealed class SnapshotStoreException : IOException
{
    /// <param name="reason">What is wrong.</param>
    /// <param name="device">The device's name, with which the message begins.</param>
    /// <param name="what">What is wrong with it, from the space or colon on.</param>
    /// <param name="remedy">What a caller of this library can do about it; empty if nothing helps.</param>
    internal SnapshotStoreException(SnapshotStoreError reason, string device, string what, string remedy = "") : base(device + what + remedy)
    {
        Reason = reason;
        Device = device;
    }

    /// <summary>What is wrong.</summary>
    public SnapshotStoreError Reason { get; }

    /// <summary>The name of the device: the store's, or the origin's for <see cref="SnapshotStoreError.OriginNotFlushed"/>.</summary>
    public string Device { get; }

    /// <summary>How the I/O failed; <see cref="IoError.None"/> if none did.</summary>
    public IoError Error { get; init; }

    /// <summary>The byte at which the I/O failed; null where it has no place, as a flush.</summary>
    public long? Offset { get; init; }

    /// <summary>Bytes that the device has, for <see cref="SnapshotStoreError.TooSmall"/> and <see cref="SnapshotStoreError.Truncated"/>.</summary>
    public long Length { get; init; }

    /// <summary>Bytes that it would need at least; 0 where that is not known.</summary>
    public long Needed { get; init; }

    /// <summary>Bytes of a chunk as the store has them or is to have them; 0 where the reason has nothing to do with it.</summary>
    public long ChunkSize { get; init; }

    /// <summary>Bytes of which direct I/O takes multiples, for <see cref="SnapshotStoreError.Misaligned"/>.</summary>
    public int Alignment { get; init; }

    /// <summary>The version that the store has, for <see cref="SnapshotStoreError.UnknownVersion"/>.</summary>
    public int Version { get; init; }

    /// <summary>What the device holds, such as "an XFS file system", for <see cref="SnapshotStoreError.OtherData"/>.</summary>
    public string? Found { get; init; }

    /// <summary>What the store says of its origin, for <see cref="SnapshotStoreError.OtherOrigin"/> and <see cref="SnapshotStoreError.HalfMerged"/>.</summary>
    public SnapshotStoreLabel? Label { get; init; }

    /// <summary>The origin with which it was opened, for <see cref="SnapshotStoreError.OtherOrigin"/>; null if it is <see cref="Record"/> that tells.</summary>
    public OriginIdentity? Origin { get; init; }

    /// <summary>Bytes of <see cref="Origin"/>.</summary>
    public long OriginLength { get; init; }

    /// <summary>The record that tells; null if none does.</summary>
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
    /// <summary>The device holds something that is no store.</summary>
    OtherData,
    /// <summary>A store was to be made, and the device holds one already.</summary>
    HoldsStore,
    /// <summary>The store was made by software that is newer than this.</summary>
    UnknownVersion,
    /// <summary>The header or a record cannot be right.</summary>
    Damaged,
    /// <summary>The device ends before the store does.</summary>
    Truncated,
    /// <summary>The device has no room for a store with such chunks.</summary>
    TooSmall,
    /// <summary>Direct I/O on the device takes only multiples of more bytes than a chunk has.</summary>
    Misaligned,
    /// <summary>The store was made for another origin.</summary>
    OtherOrigin,
    /// <summary>The store was in use by a writer of its origin that did not close it: whether it is whole cannot be told.</summary>
    Unclean,
    /// <summary>The origin could not be flushed: what a snapshot of it would show after a power cut is not known.</summary>
    OriginNotFlushed,
    /// <summary>The label has a wrong checksum. The store behind it may be good: <see cref="SnapshotOptions.AcceptOrigin"/> opens it.</summary>
    DamagedLabel,
    /// <summary>A merge of the store was begun and is not complete: it has the only copy of what is not merged yet, and is not overwritten.</summary>
    HalfMerged,
}
