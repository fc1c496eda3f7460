namespace Kcopyd.Actors.Jobs;

/// <summary>One disk's share of a client's sub-jobs and pages, and the jobs that wait for it to shrink. See <see cref="DiskShares"/>.</summary>
internal sealed class DiskShare
{
    /// <summary>Sub-jobs in flight that use the disk, and abandoned calls that have not returned.</summary>
    public int Held;

    /// <summary>Bytes of pages that these sub-jobs hold.</summary>
    public long Pages;

    /// <summary>Jobs that use the disk.</summary>
    public int Jobs;

    /// <summary>The last job that was added: a disk that a job uses twice counts once.</summary>
    public long LastJob;

    /// <summary>The disk is in the list of those that jobs wait for.</summary>
    public bool IsAwaited;

    /// <summary>Jobs that wait for the disk.</summary>
    public RunnableQueue Waiting { get; } = new();

    public bool IsIdle => Held == 0 && Jobs == 0;
}
