namespace Kcopyd.Actors.Snapshots;

/// <summary>Changes to the snapshots of an origin: one at a time, each when nothing is on its way. Used by the origin's actor only.</summary>
/// <remarks><code>
///  idle ──Add──▶ waiting: no request begins ── quiet (RunNext) ──▶ running ──▶ idle
///                                                                   │  ▲
///                                                             Begin └──┘ End      one that writes a store or flushes the origin first
/// </code></remarks>
internal sealed class QuietWork
{
    private readonly Queue<Action> _waiting = new();

    /// <summary>True while something waits for quiet.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>True while a change is under way: nothing else begins before that has ended.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>True if requests may begin.</summary>
    public bool IsIdle => !IsWaiting && !IsRunning;

    public void Add(Action change) => _waiting.Enqueue(change);

    /// <summary>Like the other form, for a change that may be refused.</summary>
    public void Add(TaskCompletionSource done, Action change) => Add(() =>
    {
        try
        {
            change();
            done.TrySetResult();
        }
        catch (InvalidOperationException refusal)
        {
            done.TrySetException(refusal);
        }
    });

    /// <summary>Runs the next change. Nothing is on its way.</summary>
    public void RunNext() => _waiting.Dequeue()();

    public void Begin() => IsRunning = true;

    public void End() => IsRunning = false;
}
