namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Which faults <see cref="DiskFaults.Draw"/> may choose.</summary>
[Flags]
public enum DiskFaultKinds
{
    /// <summary>None: I/Os complete in any order, at once or later.</summary>
    None = 0,
    /// <summary>Bad ranges, a transfer that fails once, failed flushes, refused zeroes and clones.</summary>
    Errors = 1,
    /// <summary>A transfer that throws.</summary>
    Throws = 2,
    /// <summary>Short transfers.</summary>
    Shorts = 4,
    /// <summary>I/Os that hang.</summary>
    Stalls = 8,
    /// <summary>I/Os that take time.</summary>
    Latency = 16,
    /// <summary>Garbled, lost, torn and misdirected writes, and flipped bits. Nothing reports them, so what is above the disk must have checksums.</summary>
    Corruption = 32,
    /// <summary>Blocks that become unreadable.</summary>
    Decay = 64,
    /// <summary>Blocks that are half written at a power cut.</summary>
    TornBlocks = 128,
    /// <summary>What a correct program survives without checksums: all but <see cref="Corruption"/> and <see cref="TornBlocks"/>.</summary>
    Reported = Errors | Throws | Shorts | Stalls | Latency | Decay,
    /// <summary>Everything.</summary>
    All = Reported | Corruption | TornBlocks,
}
