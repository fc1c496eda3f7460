namespace Kcopyd.Actors.Mirrors;

/// <summary>A leg of a mirror. Used by the mirror's actor only, except for its device.</summary>
internal sealed class MirrorLeg(IBlockDevice? device, ulong key, MirrorLegState state)
{
    /// <summary>Null if the leg is missing.</summary>
    public IBlockDevice? Device { get; } = device;

    /// <summary>See <see cref="LegKey"/>.</summary>
    public ulong Key { get; } = key;

    public MirrorLegState State { get; set; } = state;

    /// <summary>The worst error that it has had.</summary>
    public MirrorLegHealth Health { get; private set; } = state == MirrorLegState.Failed ? MirrorLegHealth.Write : MirrorLegHealth.Alive;

    /// <summary>I/Os in flight.</summary>
    public int Outstanding { get; set; }

    /// <summary>Reads that failed and were answered by another leg.</summary>
    public long ReadErrors { get; set; }

    /// <summary>Ranges that could not be read and were rewritten from another leg.</summary>
    public long Repairs { get; set; }

    /// <summary>True if it is written to.</summary>
    public bool IsWritten => State != MirrorLegState.Failed;

    public bool IsInSync => State == MirrorLegState.InSync;

    public void Had(MirrorLegHealth error) => Health = error > Health ? error : Health;

    public void Recover() => (State, Health) = (MirrorLegState.InSync, MirrorLegHealth.Alive);
}

/// <summary>How a leg takes part in its mirror.</summary>
public enum MirrorLegState
{
    /// <summary>It has every acknowledged write: it is read, and can be the source of a recovery.</summary>
    InSync,
    /// <summary>It receives every write, and what it lacks is being copied to it. It is not read.</summary>
    Rebuilding,
    /// <summary>It is missing or has failed, and is not used.</summary>
    Failed,
}

/// <summary>The worst error of a leg, in ascending order: the letters of <c>dmsetup status</c>.</summary>
public enum MirrorLegHealth
{
    /// <summary>A: no error.</summary>
    Alive,
    /// <summary>R: a read failed.</summary>
    Read,
    /// <summary>S: a copy to or from it failed.</summary>
    Resync,
    /// <summary>D: a write failed, or it is missing.</summary>
    Write,
    /// <summary>F: a flush failed.</summary>
    Flush,
}
