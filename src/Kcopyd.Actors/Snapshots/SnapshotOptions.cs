namespace Kcopyd.Actors.Snapshots;

/// <summary>How to make or open a snapshot.</summary>
public sealed record SnapshotOptions
{
    /// <summary>A name for people and for metrics; null takes the COW device's.</summary>
    public string? Name { get; init; }

    /// <summary>Bytes of a chunk, the unit of copy-on-write: a power of two from 512 to 1 GiB. Of a store that exists its own size holds. Null takes the
    /// setting <c>kcopyd.snapshots.chunk-size</c>.</summary>
    public int? ChunkSize { get; init; }

    /// <summary>Where the exceptions are kept.</summary>
    public StoreKind Store { get; init; } = StoreKind.Persistent;

    /// <summary>What to do with a COW device that has a store, and with one that has none.</summary>
    public StoreMode Mode { get; init; } = StoreMode.OpenOrCreate;

    /// <summary>A write that covers a whole chunk does not read the origin. Off only to measure what that saves.</summary>
    public bool WholeChunkShortcut { get; init; } = true;

    /// <summary>Opens a store that was truncated: chunks that it has lost answer <see cref="Devices.IoError.Io"/>. Otherwise it is refused.</summary>
    public bool AcceptTruncated { get; init; }

    /// <summary>The kernel's <c>discard_zeroes_cow</c>: discarding a whole chunk that has an exception zeroes it in the store.</summary>
    public bool DiscardZeroesCow { get; init; }

    /// <summary>The kernel's <c>discard_passdown_origin</c>: a discard goes to the origin too, which is not copied before. Needs <see cref="DiscardZeroesCow"/>.</summary>
    public bool DiscardPassdownOrigin { get; init; }

    /// <summary>Percentage of the store in use from which on <see cref="SnapshotFilling"/> is published; null takes the setting <c>kcopyd.snapshots.fill-threshold</c>.</summary>
    public int? FillThreshold { get; init; }

    /// <summary>False, the default, if closing the snapshot disposes the COW device.</summary>
    public bool LeaveOpen { get; init; }
}

/// <summary>Whether a COW device must have a store, or must not.</summary>
public enum StoreMode
{
    /// <summary>Opens the store that is there, or makes one where the device begins with a zero, as the kernel does.</summary>
    OpenOrCreate,
    /// <summary>Makes a store; a device that has one is refused.</summary>
    Create,
    /// <summary>Opens the store that is there; a device without one is refused.</summary>
    Open,
}
