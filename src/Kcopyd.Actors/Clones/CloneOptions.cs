namespace Kcopyd.Actors.Clones;

/// <summary>How a clone is opened. Null takes the value of <see cref="CloneSettings"/>.</summary>
public sealed record CloneOptions
{
    /// <summary>The name of the clone and of its actor; generated if null.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the metadata is opened or created.</summary>
    public CloneMetadataMode Mode { get; init; }

    /// <summary>Region size in bytes: a power of two from 4 KiB to 1 GiB, a multiple of the block sizes of source and destination. Null takes that of existing
    /// metadata; for new metadata, the configured one.</summary>
    public int? RegionSize { get; init; }

    /// <summary>True to open without background hydration, until <see cref="Clone.EnableHydrationAsync"/>.</summary>
    public bool NoHydration { get; init; }

    /// <summary>True to ignore discards; by default they are passed to the destination if it supports them.</summary>
    public bool NoDiscardPassdown { get; init; }

    /// <summary>Maximum number of regions that the background hydration copies at once; 0 stops it.</summary>
    public int? HydrationThreshold { get; init; }

    /// <summary>Maximum number of consecutive regions that one copy hydrates: 1 to 65536.</summary>
    public int? HydrationBatchSize { get; init; }

    /// <summary>Limits the background hydration, and may be shared with others and changed at any time; null for none. Copies that a write waits for are not
    /// limited.</summary>
    public KcopydThrottle? Throttle { get; init; }

    /// <summary>True if closing the clone leaves its three devices open.</summary>
    public bool LeaveOpen { get; init; }
}

/// <summary>Whether the metadata of a clone is opened or created.</summary>
public enum CloneMetadataMode
{
    /// <summary>Opens existing metadata, and creates it if the first 4096 bytes of the device are zero. Other data is never overwritten.</summary>
    OpenOrCreate,
    /// <summary>Opens existing metadata only.</summary>
    Open,
    /// <summary>Creates new metadata, whatever the device holds: every region is read from the source again.</summary>
    Replace,
}
