namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>Everything that can happen next. Not thread-safe: the engine's lock-step with the thread pool guarantees that one thread uses it at a
/// time.</summary>
internal sealed class Schedule(SchedulePolicy policy)
{
    private readonly List<Step> _ready = [];
    private readonly List<Step> _frozen = [];
    private long _number;

    public int Count => _ready.Count;

    public void Add(Process? process, object work)
    {
        if (process is { IsAlive: false })
            return;
        (process is { IsFrozen: true } ? _frozen : _ready).Add(new Step(process, work, _number++));
    }

    /// <summary>Takes the step that happens next.</summary>
    /// <param name="step">The step.</param>
    /// <param name="choice">Its place among those that could happen, which tells one history from another.</param>
    /// <returns>False if nothing can happen.</returns>
    public bool TryTake(out Step step, out int choice)
    {
        choice = 0;
        step = default;
        if (_ready.Count == 0)
            return false;
        choice = policy.Choose(_ready);
        step = _ready[choice];
        _ready[choice] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        return true;
    }

    public void Freeze(Process process) => Move(_ready, _frozen, process);

    public void Thaw(Process process) => Move(_frozen, _ready, process);

    /// <summary>Forgets everything of a process.</summary>
    public void Remove(Process process)
    {
        _ready.RemoveAll(step => step.Process == process);
        _frozen.RemoveAll(step => step.Process == process);
    }

    private static void Move(List<Step> from, List<Step> to, Process process)
    {
        foreach (var step in from)
        {
            if (step.Process == process)
                to.Add(step);
        }
        from.RemoveAll(step => step.Process == process);
    }
}
