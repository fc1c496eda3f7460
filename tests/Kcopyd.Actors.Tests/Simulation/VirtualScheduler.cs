using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// A scheduler whose time passes only when a spec says so. Timers run in the order of their times and then of their numbers. Unlike Akka.TestKit's scheduler,
/// which loses a timer that another thread adds to the tick that it is working on, it may be used by any number of threads while time advances.
/// </summary>
public sealed class VirtualScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    /// <summary>The actor system's configuration that makes it use this scheduler.</summary>
    public static readonly string Setting = $"akka.scheduler.implementation = \"{typeof(VirtualScheduler).AssemblyQualifiedName}\"";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<Timer, (TimeSpan Time, long Number)> _timers = new();
    private TimeSpan _time;
    private long _number;

    public DateTimeOffset Now => TimeNow;

    public IAdvancedScheduler Advanced => this;

    public override TimeSpan MonotonicClock => Time;

    public override TimeSpan HighResMonotonicClock => Time;

    protected override DateTimeOffset TimeNow => Start + Time;

    private TimeSpan Time
    {
        get
        {
            lock (_gate)
                return _time;
        }
    }

    /// <summary>Runs every timer that is due within the given time. A timer runs at its own time, and what it schedules runs as well if it is due.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Time + by;
        while (Next(end) is { } timer)
            timer.Run();
    }

    private Timer? Next(TimeSpan end)
    {
        lock (_gate)
        {
            while (_timers.TryPeek(out var timer, out var due) && due.Time <= end)
            {
                _timers.Dequeue();
                if (timer.Cancelable is { IsCancellationRequested: true })
                    continue;
                _time = due.Time > _time ? due.Time : _time;
                if (timer.Interval is { } interval)
                    _timers.Enqueue(timer, (due.Time + interval, _number++));
                return timer;
            }
            _time = end > _time ? end : _time;
            return null;
        }
    }

    private void Add(TimeSpan delay, TimeSpan? interval, Action run, ICancelable? cancelable)
    {
        lock (_gate)
            _timers.Enqueue(new Timer(run, interval, cancelable), (_time + delay, _number++));
    }

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(delay, null, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Add(delay, null, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => Add(delay, null, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(initialDelay, interval, action, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(initialDelay, interval, action.Run, cancelable);

    private sealed record Timer(Action Run, TimeSpan? Interval, ICancelable? Cancelable);
}
