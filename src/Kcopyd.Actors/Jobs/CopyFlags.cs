namespace Kcopyd.Actors;

/// <summary>How a job runs. Flags combine.</summary>
[Flags]
public enum CopyFlags
{
    /// <summary>Stop after the first error; sub-jobs in flight finish.</summary>
    None = 0,
    /// <summary>Carry on after an error. What cannot be read is written as zeroes and listed; a destination that fails keeps being tried.</summary>
    IgnoreError = 1,
    /// <summary>Write each destination strictly in order (zoned or sequential media). Clears <see cref="IgnoreError"/>; after an error nothing more is
    /// written.</summary>
    Sequential = 2,
    /// <summary>Flush every destination before the job is reported done. A failed flush is a failed write of that destination.</summary>
    Flush = 4,
    /// <summary>After the write, flush, evict caches, read source and destinations again and compare. A difference is <see cref="IoError.VerifyMismatch"/>.
    /// Implies <see cref="Flush"/>.</summary>
    Verify = 8,
    /// <summary>Like <see cref="Verify"/>, by SHA-256: the result carries the hash of every destination as it was read back.</summary>
    VerifyHash = 16,
    /// <summary>Reads each destination first, and writes only the blocks that differ (4 KiB, or the device's own if they are larger). Nothing is cloned then.
    /// For destinations on which a write costs more than a read: flash, thin volumes, anything that keeps snapshots.</summary>
    OnlyDifferent = 32,
    /// <summary>Writes nothing: reads source and destinations and compares them. A difference is <see cref="IoError.VerifyMismatch"/>; with
    /// <see cref="IgnoreError"/> the job does not stop at the first one, and <see cref="DestinationResult.Differences"/> has them all. Destinations may be
    /// read-only.</summary>
    CompareOnly = 64,
}
