namespace Kcopyd.Actors.Jobs;

/// <summary>What one disk has of a client's sub-jobs and pages, and the jobs that wait until it has fewer. See <see cref="DiskShares"/>.</summary>
internal sealed class DiskShare
{
    /// <summary>Sub-jobs in flight that use the disk, and calls that were given up and have not returned.</summary>
    public int Held;

    /// <summary>Bytes of pages that these sub-jobs have.</summary>
    public long Pages;

    /// <summary>Jobs that use it.</summary>
    public int Jobs;

    /// <summary>The last of them: a disk that a job uses twice has one share in it.</summary>
    public long LastJob;

    /// <summary>It is among those that jobs wait for.</summary>
    public bool IsAwaited;

    /// <summary>Jobs that wait for it.</summary>
    public RunnableQueue Waiting { get; } = new();

    public bool IsIdle => Held == 0 && Jobs == 0;
}
