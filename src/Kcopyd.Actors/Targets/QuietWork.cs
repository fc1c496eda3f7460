using Akka;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>Changes to what a target consists of, run one at a time when nothing is in flight. Used by the target's actor only.</summary>
/// <remarks><code>
///  idle ──Add──▶ waiting: no request begins ── quiet (RunNext) ──▶ running ──▶ idle
///                                                                   │  ▲
///                                                             Begin └──┘ End      if it must wait for I/O of its own
/// </code></remarks>
internal sealed class QuietWork
{
    private readonly Queue<Action> _waiting = new();

    /// <summary>True while a change waits for quiet.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>True while a change is running: nothing else begins before it has ended.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>True if requests may begin.</summary>
    public bool IsIdle => !IsWaiting && !IsRunning;

    public void Add(Action change) => _waiting.Enqueue(change);

    /// <summary>Like the other overload, for a change that may be refused.</summary>
    public void Add(Completion<Done> done, Action change) => Add(() =>
    {
        try
        {
            change();
            done.SetResult(Done.Instance);
        }
        catch (InvalidOperationException refusal)
        {
            done.SetException(refusal);
        }
    });

    /// <summary>Runs the next change. Nothing may be in flight.</summary>
    public void RunNext() => _waiting.Dequeue()();

    public void Begin() => IsRunning = true;

    public void End() => IsRunning = false;
}
