namespace Kcopyd.Actors.Jobs;

/// <summary>Work that a job does without reading and writing, and its progress. Used by the client; a worker reads it while it has a sub-job.</summary>
internal struct JobOffload
{
    /// <summary>Kinds that the client may use.</summary>
    public OffloadKinds Allowed;

    /// <summary>Bytes. Cuts other than those between sub-jobs are at multiples of it, from the start of the region.</summary>
    public int Unit;

    /// <summary>The reader lets the kernel copy the whole job to its single destination.</summary>
    public bool IsSmallCopy;

    /// <summary>The source can report holes.</summary>
    public bool MapsHoles;

    /// <summary>A reader is looking for holes: no further sub-job starts until it returns.</summary>
    public bool IsMapping;

    /// <summary>The known holes. A reader fills the map while <see cref="IsMapping"/> is set; kept with the job object for its next job.</summary>
    public ExtentMap? Extents;

    /// <summary>Every destination supports zeroing and none has refused it: pieces of zeroes may be larger than sub-jobs.</summary>
    public bool HasLargeZeroes;

    /// <summary>Bytes of the next piece of zeroes, if it may be large.</summary>
    public int ZeroPiece;

    /// <summary>Bytes from the start of the region where clones begin.</summary>
    public long CloneStart;

    /// <summary>At least one destination has cloned, or will.</summary>
    public bool Clones;

    /// <summary>Bytes that count as read but were not, because no destination needed them.</summary>
    public long Unread;

    public OffloadedBytes Done;
}
