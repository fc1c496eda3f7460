namespace Kcopyd.Actors.Snapshots;

/// <summary>The copies out of the origin: those submitted to the copy client, and those that wait. Used by the origin's actor only.</summary>
internal sealed class CopyQueue(OriginCore origin)
{
    public const int MaxActive = 2 * RequestParts.MaxActive;    // more than these wait

    private readonly Queue<CopyOut> _waiting = new();
    private int _active;

    public KcopydClient Client { get; set; } = null!;

    public bool IsIdle => _active == 0;

    /// <summary>Copies newly started runs.</summary>
    public void Start(List<PendingRun>? runs)
    {
        if (runs is null)
            return;
        foreach (var copy in CopyOut.Plan(origin, runs))
        {
            if (_active++ < MaxActive)
                copy.Start(Client);
            else
                _waiting.Enqueue(copy);
        }
    }

    /// <summary>Handles the end of a copy.</summary>
    public void Ended(CopyOut copy)
    {
        _active--;
        if (_waiting.TryDequeue(out var waiting))
            waiting.Start(Client);
        // The unreadable bytes may belong to one run only. Each run is retried alone, so that the others do not fail with it.
        if (copy.ReadError != IoError.None && copy.IsShared)
        {
            foreach (var run in copy.Destinations.SelectMany(static runs => runs))
                Start([run]);
            return;
        }
        for (var i = 0; i < copy.Destinations.Count; i++)
        {
            foreach (var run in copy.Destinations[i])
                run.Snapshot.Live.Commits.Copied(run, copy.ReadError, copy.WriteError(i));
        }
    }
}
