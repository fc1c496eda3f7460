namespace Kcopyd.Actors.Mirrors;

/// <summary>Where a mirror records which regions are clean (equal on all legs) and which legs are stale. Used by the mirror's actor only.</summary>
internal interface IMirrorLog
{
    /// <summary>The device that holds it; null if it has none.</summary>
    IBlockDevice? Device { get; }

    /// <summary>Starts to record. One record at a time.</summary>
    /// <param name="clean">The clean regions. Read before this method returns.</param>
    /// <param name="label">The legs.</param>
    /// <param name="flush">True if the record must be on stable storage when it has ended.</param>
    /// <param name="ended">Receives the result on the mirror's actor, possibly before this method returns.</param>
    void Record(RegionSet clean, MirrorLabel label, bool flush, Action<IoError> ended);
}

/// <summary>A log that records nothing: after the mirror is closed, it is unknown which regions are equal.</summary>
internal sealed class CoreLog : IMirrorLog
{
    public IBlockDevice? Device => null;

    public void Record(RegionSet clean, MirrorLabel label, bool flush, Action<IoError> ended) => ended(IoError.None);
}
