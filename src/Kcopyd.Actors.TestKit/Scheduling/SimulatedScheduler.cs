using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>The scheduler of a simulated actor system: its timers are those of its process.</summary>
internal sealed class SimulatedScheduler : SchedulerBase, IDisposable
{
    private readonly Process _process;
    private bool _isStopped;

    public SimulatedScheduler(Config config, ILoggingAdapter log)
        : base(config, log) =>
        _process = Process.Of(config);

    public override TimeSpan MonotonicClock => _process.Elapsed;

    public override TimeSpan HighResMonotonicClock => _process.Elapsed;

    protected override DateTimeOffset TimeNow => _process.UtcNow;

    public void Dispose() => _isStopped = true;

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Once(delay, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Repeatedly(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Once(delay, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => Once(delay, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Repeatedly(initialDelay, interval, action, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Repeatedly(initialDelay, interval, action.Run, cancelable);

    // A timer can be cancelled after it has become due and before it runs.
    private void Once(TimeSpan delay, Action action, ICancelable? cancelable)
    {
        if (!_isStopped)
            _process.After(delay, () => Run(action, cancelable), cancelable);
    }

    private void Repeatedly(TimeSpan delay, TimeSpan interval, Action action, ICancelable? cancelable) => Once(delay, () =>
    {
        Repeatedly(interval, interval, action, cancelable);
        action();
    }, cancelable);

    private void Run(Action action, ICancelable? cancelable)
    {
        if (_isStopped || cancelable is { IsCancellationRequested: true })
            return;
        _process.Engine.Messages.TimerFires();
        action();
    }
}
