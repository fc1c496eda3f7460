namespace Kcopyd.Actors.Mirrors;

/// <summary>Options for creating or opening a mirror.</summary>
public sealed record MirrorOptions
{
    /// <summary>The mirror's name in messages and metrics, and that of its actor; null generates one.</summary>
    public string? Name { get; init; }

    /// <summary>The device of the log, which records the regions that may differ and the legs that lack writes. Null keeps no log: after each opening, the legs
    /// are taken as <see cref="Source"/> or <see cref="AssumeInSync"/> says. The mirror disposes it unless <see cref="LeaveOpen"/> is set.</summary>
    public IBlockDevice? Log { get; init; }

    /// <summary>Whether the log's device must have a log, or must not.</summary>
    public MirrorLogMode LogMode { get; init; } = MirrorLogMode.OpenOrCreate;

    /// <summary>The size of a region, the unit of recovery, in bytes: a power of two from 1 KiB to 1 TiB. An existing log keeps its own. Null uses the setting
    /// <c>kcopyd.mirrors.region-size</c>.</summary>
    public long? RegionSize { get; init; }

    /// <summary>The leg, counted from 0, whose content the mirror has: the others are overwritten. For a new log, for a mirror without one, and for a log of
    /// the kernel that does not call all regions clean, because that log does not say which legs are stale.</summary>
    public int? Source { get; init; }

    /// <summary>For a new log and for a mirror without one: the legs are equal, or their content does not matter; nothing is copied.</summary>
    public bool AssumeInSync { get; init; }

    /// <summary>Accepts legs that are other devices than those in the log: the same content was moved or restored.</summary>
    public bool AcceptLegs { get; init; }

    /// <summary>Recovery reads the legs first and writes only what differs: for flash and thin volumes.</summary>
    public bool RecoverByComparing { get; init; }

    /// <summary>Rewrites a range that one leg could not read from another leg.</summary>
    public bool RepairOnRead { get; init; } = true;

    /// <summary>Limits recovery; null creates an unlimited one. It can be changed at any time, and shared.</summary>
    public KcopydThrottle? Throttle { get; init; }

    /// <summary>Opens the mirror with recovery paused, see <see cref="Mirror.ResumeRecovery"/>.</summary>
    public bool StartPaused { get; init; }

    /// <summary>True to leave the legs and the log open when the mirror is closed; otherwise they are disposed.</summary>
    public bool LeaveOpen { get; init; }
}

/// <summary>Whether a device must have a log, or must not.</summary>
public enum MirrorLogMode
{
    /// <summary>Opens the existing log, or creates one as <see cref="Create"/> does.</summary>
    OpenOrCreate,
    /// <summary>Creates a log if the bytes that it needs are zero. Any other device is refused.</summary>
    Create,
    /// <summary>Opens the existing log; a device without one is refused.</summary>
    Open,
    /// <summary>Creates a log and overwrites what the device holds there.</summary>
    Replace,
}
