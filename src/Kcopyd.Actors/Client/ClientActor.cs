using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Client;

/// <summary>
/// Serializes everything that a client does: its callbacks run only here, its notifications are sent only from here, and its jobs, pages and crews belong
/// to this actor.
/// </summary>
/// <remarks><code>
///            Destroy, no new work                    last job notified, last token fired
///   Open ───────────────────────────▶ Closing ───────────────────────────────────────────▶ stopped
///     └── stopped from outside: remaining work is notified that the client stopped (see <see cref="ClientCore"/>) ──▲
/// </code></remarks>
internal sealed partial class ClientActor : UntypedActor, IWithTimers, IJobEvents
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

    private readonly ClientCore _core;
    private readonly DeviceRegistry _devices;
    private readonly Dictionary<long, Job> _jobs = [];
    private readonly List<IActorRef> _destroyers = [];
    private readonly RequestLog _requests;
    private readonly PagePool _pages;
    private readonly CrewPool _crews;
    private JobRunner _runner = null!;
    private ProgressSubscriptions _progress = null!;
    private bool _isThrottled;
    private bool _isTrimming;
    private bool _wasBusy;

    public ClientActor(ClientCore core, DeviceRegistry devices)
    {
        _core = core;
        _devices = devices;
        _requests = new RequestLog(core.Settings.RememberedResults);
        _pages = new PagePool(core.Settings.SubJobSize, core.Settings.PagePoolSize);
        _crews = new CrewPool(Context, core.Settings);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private ILoggingAdapter Log { get; } = Context.GetLogger();

    public static Props Props(ClientCore core, DeviceRegistry devices) =>
        LocalProps.Of(() => new ClientActor(core, devices), core.Settings.Dispatcher);

    protected override void PreStart()
    {
        if (_core.Gate.IsGone)
        {
            Context.Stop(Self);     // restarted after a bug: its jobs were notified, and the handle is closed
            return;
        }
        _runner = new JobRunner(_core.Settings, _core.Throttle, Context.System.Scheduler, _crews, _pages, this);
        _progress = new ProgressSubscriptions(Timers, _core.Settings.ProgressInterval, Log);
        _core.Throttle.Join(Self);
        ClientGauges.Add(_core);
    }

    protected override void PostStop()
    {
        _core.Gate.Leave();
        _core.Throttle.Leave(Self);
        _runner?.LeaveThrottle();
        ClientGauges.Remove(_core);
        foreach (var job in _jobs.Values)
            job.Close(job.Id);
        foreach (var callback in _core.Callbacks)
            callback.Stop();
        foreach (var destroyer in _destroyers)
            destroyer.Tell(new KcopydProtocol.ClientDestroyed(_core.Name), ActorRefs.NoSender);
        _core.AfterStop(static () => { });
    }

    // The client replaces a dead worker instead of restarting it: the death notice accounts for its sub-job.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DestinationIo io:
                _runner.Reported(io);
                break;
            case Job job:
                Start(job);
                break;
            case CallbackToken callback:
                callback.Settle();
                break;
            case SubJob subJob:
                _runner.ReadFinished(subJob);
                break;
            case MemberDied died:
                _runner.MemberDied(died.Crew, died.Member);
                break;
            case KcopydProtocol.IKcopydRequest or CloseClient:
                OnRequest(message);
                break;
            case AskStatus ask:
                ask.Answer.SetResult(Status());
                break;
            case AskProgress ask:
                ask.Answer.SetResult(_jobs.TryGetValue(ask.JobId, out var asked) ? JobReport.Of(asked) : null);
                break;
            case BeginProgress begin:
                if (_jobs.TryGetValue(begin.JobId, out var watched))
                    _progress.Add(watched, begin.Interval, begin.Subscriber, begin.Subscription);
                break;
            case EndProgress end:
                _progress.Remove(end.JobId, end.Subscription);
                break;
            case ProgressSubscriptions.Tick tick:
                if (_jobs.ContainsKey(tick.Subscription.JobId))     // the tick may have been queued before its job completed
                    ProgressSubscriptions.Send(tick);
                break;
            case ThrottleChanged or ThrottleTick:
                Timers.Cancel(ThrottleTick.Instance);
                _isThrottled = false;
                break;
            case CallLeftBehind call:
                _runner.CallLeftBehind(call.Device, call.Count);
                break;
            case TimeIsUp late:
                if (_jobs.TryGetValue(late.JobId, out var slow))
                    _runner.Abandon(slow, late.Reason);
                break;
            case TrimTick:
                Trim();
                break;
            default:
                Unhandled(message);
                return;
        }
        // Callbacks, which free pages, have run by now: they come before new I/O.
        if (!_isThrottled)
            _runner.Pump();
        _core.PageBytesInUse = _pages.BytesInUse;
        if (_core.Gate.IsClosed && _core.Gate.IsIdle)
            Context.Stop(Self);
    }

    private void Start(Job job)
    {
        _jobs.Add(job.Id, job);
        _wasBusy = true;
        if (!_isTrimming)
        {
            _isTrimming = true;
            Timers.StartPeriodicTimer(TrimTick.Instance, TrimTick.Instance, IdleTime);
        }
        _runner.Submit(job);
    }

    void IJobEvents.JobDone(Job job)
    {
        var id = job.Id;
        _progress.Done(job);
        if (job.IsTimed)
        {
            Timers.Cancel(new TimeIsUp(id, IoError.Cancelled));
            Timers.Cancel(new TimeIsUp(id, IoError.TimedOut));
        }
        _core.Instruments.JobDone(job);
        _jobs.Remove(id);       // not earlier: if a bug surfaces before this, the job is notified that the client stopped
        if (!job.TrySettle(id))
            throw new InvalidOperationException($"Job {id} was notified twice.");   // impossible: only this actor settles while it is alive
        var (notification, readError, writeErrors) = (job.Notification, job.ReadError, job.WriteErrors);
        var result = notification.WantsResult ? JobReport.Result(job) : null;
        _core.Recycle(job);
        _core.Gate.ReleaseJob();    // before the callback, which may submit the next one
        _core.Deliver(notification, readError, writeErrors, result, "job", id);
    }

    void IJobEvents.CancelWaits(Job job)
    {
        if (_core.Settings.CancelTimeout > TimeSpan.Zero)
            AbandonAfter(job, _core.Settings.CancelTimeout, IoError.Cancelled);
    }

    private void AbandonAfter(Job job, TimeSpan time, IoError reason)
    {
        job.IsTimed = true;
        var late = new TimeIsUp(job.Id, reason);
        Timers.StartSingleTimer(late, late, time);
    }

    void IJobEvents.PumpLater(TimeSpan wait)
    {
        _isThrottled = true;
        Timers.StartSingleTimer(ThrottleTick.Instance, ThrottleTick.Instance, wait);
    }

    /// <summary>Runs every few seconds while there is work. After one interval without work, releases memory, actors and the timer.</summary>
    private void Trim()
    {
        Volatile.Write(ref _core.OldestIoTicks, _runner.OldestAge().Ticks);
        if (_wasBusy || _jobs.Count > 0)
        {
            _wasBusy = _jobs.Count > 0;
            return;
        }
        _pages.Trim();
        _crews.Trim();
        _runner.Trim();
        _core.Trim();
        _jobs.TrimExcess();
        Timers.Cancel(TrimTick.Instance);
        _isTrimming = false;
    }

    /// <summary>A job that was cancelled, or whose deadline has passed, stops waiting for its I/O in flight.</summary>
    private sealed record TimeIsUp(long JobId, IoError Reason) : INoSerializationVerificationNeeded;

    private sealed class ThrottleTick : INoSerializationVerificationNeeded
    {
        public static ThrottleTick Instance { get; } = new();
    }

    private sealed class TrimTick : INoSerializationVerificationNeeded
    {
        public static TrimTick Instance { get; } = new();
    }
}
