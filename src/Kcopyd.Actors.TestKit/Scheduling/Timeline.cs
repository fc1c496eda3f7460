using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>What happens at a time: a queue of timers, in the order of their times and then of their numbers.</summary>
internal sealed class Timeline
{
    private readonly PriorityQueue<Timer, (long Ticks, long Number)> _timers = new();
    private long _number;

    private sealed record Timer(Process? Process, object Work, ICancelable? Cancelable)
    {
        public bool IsVoid => Cancelable is { IsCancellationRequested: true } || Process is { IsAlive: false };
    }

    /// <summary>Timers, including those that were cancelled and whose time has not come.</summary>
    public int Count => _timers.Count;

    public void Add(TimeSpan time, Process? process, object work, ICancelable? cancelable = null) =>
        _timers.Enqueue(new Timer(process, work, cancelable), (time.Ticks, _number++));

    /// <summary>The time of the next timer; null if there is none.</summary>
    public TimeSpan? Next()
    {
        while (_timers.TryPeek(out var timer, out var due))
        {
            if (!timer.IsVoid)
                return new TimeSpan(due.Ticks);
            _timers.Dequeue();
        }
        return null;
    }

    /// <summary>Moves the timers that are due to the schedule.</summary>
    public void MoveDue(TimeSpan now, Schedule schedule)
    {
        while (_timers.TryPeek(out var timer, out var due) && due.Ticks <= now.Ticks)
        {
            _timers.Dequeue();
            if (!timer.IsVoid)
                schedule.Add(timer.Process, timer.Work);
        }
    }
}
