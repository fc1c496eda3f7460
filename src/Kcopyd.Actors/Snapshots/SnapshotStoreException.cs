namespace Kcopyd.Actors.Snapshots;

/// <summary>A snapshot cannot be taken or opened, because its COW store cannot be used or made. The message names the device, what is wrong, and the remedy;
/// <see cref="Reason"/> is for callers that react to it.</summary>
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
        What = what;
    }

    /// <summary>What is wrong.</summary>
    public SnapshotStoreError Reason { get; }

    /// <summary>The device's name.</summary>
    internal string Device { get; }

    /// <summary>The message without the device's name and without the remedy, for callers that have their own words for both.</summary>
    internal string What { get; }
}

/// <summary>Why a COW store cannot be used.</summary>
public enum SnapshotStoreError
{
    /// <summary>The device could not be read, written or flushed.</summary>
    Io,
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
