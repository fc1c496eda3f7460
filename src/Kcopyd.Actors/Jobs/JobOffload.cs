namespace Kcopyd.Actors.Jobs;

/// <summary>What a job need not read and write, and how far that is. The client's, except that a worker reads it while it has a sub-job.</summary>
internal struct JobOffload
{
    /// <summary>What the client may use.</summary>
    public OffloadKinds Allowed;

    /// <summary>Bytes: places where the job is cut otherwise than by sub-jobs are multiples of it, from the start of the region.</summary>
    public int Unit;

    /// <summary>The reader has the kernel copy the whole job to its one destination.</summary>
    public bool IsSmallCopy;

    /// <summary>The source knows of holes.</summary>
    public bool MapsHoles;

    /// <summary>A reader is looking for holes: no further sub-job starts before it is back.</summary>
    public bool IsMapping;

    /// <summary>What is known of holes. A reader fills it while <see cref="IsMapping"/>; kept with the job object for its next job.</summary>
    public ExtentMap? Extents;

    /// <summary>Every destination can zero by itself, and none has refused: pieces of zeroes may be larger than sub-jobs.</summary>
    public bool HasLargeZeroes;

    /// <summary>Bytes of the next piece of zeroes, if it may be large.</summary>
    public int ZeroPiece;

    /// <summary>Bytes from the start of the region where clones begin.</summary>
    public long CloneStart;

    /// <summary>Some destination has cloned, or will.</summary>
    public bool Clones;

    /// <summary>Bytes that count as read and were not: no destination needed them.</summary>
    public long Unread;

    public OffloadedBytes Done;
}
