namespace Kcopyd.Actors;

/// <summary>How a job runs. Flags combine.</summary>
[Flags]
public enum CopyFlags
{
    /// <summary>Stop after the first error; sub-jobs in flight complete.</summary>
    None = 0,
    /// <summary>Continue after an error. Unreadable ranges are listed, and written as zeroes where no device had cloned them before; a destination that fails
    /// is tried again.</summary>
    IgnoreError = 1,
    /// <summary>Write each destination strictly in order (zoned or sequential media). Clears <see cref="IgnoreError"/>; after an error, nothing further is
    /// written.</summary>
    Sequential = 2,
    /// <summary>Flush every destination before the job completes. A failed flush is a failed write of that destination.</summary>
    Flush = 4,
    /// <summary>After writing, flush, evict caches, read source and destinations again and compare. A difference is <see cref="IoError.VerifyMismatch"/>.
    /// Implies <see cref="Flush"/>.</summary>
    Verify = 8,
    /// <summary>Like <see cref="Verify"/>, with SHA-256: the result contains the hash of every destination as it was read back.</summary>
    VerifyHash = 16,
    /// <summary>Read each destination first, and write only the blocks that differ (4 KiB, or the device's blocks if they are larger). Nothing is cloned. For
    /// destinations on which a write costs more than a read: flash, thin volumes, anything that keeps snapshots.</summary>
    OnlyDifferent = 32,
    /// <summary>Write nothing; read source and destinations and compare them. A difference is <see cref="IoError.VerifyMismatch"/>; with
    /// <see cref="IgnoreError"/> the job does not stop at the first one, and <see cref="DestinationResult.Differences"/> lists them all. Destinations may be
    /// read-only.</summary>
    CompareOnly = 64,
}
