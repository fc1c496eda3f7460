using Akka;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Clones;

/// <summary>Serializes all work on a clone: every region is looked up, hydrated, marked and committed here. It submits I/O to the devices, and lets its
/// children, two copy clients, copy: one for writes that wait, and one, which can be throttled, for the background hydration.</summary>
/// <remarks><code>
///  request (Take) ──▶ split by the hydrated regions (CloneMapper) ──▶ I/O (CloneParts) ──▶ all parts have ended: answered
///                        │ write to a part of a region that is not hydrated
///                        └──▶ copied (RegionChanges) ──▶ marked (RegionMap) ──▶ mapped again; committed later (CommitQueue)
///
///  Opening ── OpenClone (Open) ──▶ Open ── CloseClone ──▶ Closing ── nothing in flight, changes committed (Finish)
///    ──▶ Stopping: the copy clients are destroyed ── CopiesEnded ──▶ stopped
/// </code></remarks>
internal sealed class CloneActor : UntypedActor
{
    private readonly CloneCore _core;
    private readonly CloneNews _news = new(Context.System.EventStream, Context.GetLogger());
    private readonly IScheduler _scheduler = Context.System.Scheduler;
    private readonly RegionChanges _changes = new();
    private readonly HydrationRate _rate = new();
    private readonly IoWorkers _workers;
    private CloneParts? _parts;         // this and the others from Opening to Open
    private Hydrator _hydrator = null!;
    private CommitQueue _commits = null!;
    private CloneMapper _mapper = null!;
    private KcopydClient _copies = null!;
    private ICancelable? _commitTimer, _retryTimer;
    private State _state = State.Opening;
    private int _clients;

    public CloneActor(CloneCore core) => (_core, _workers) = (core, new IoWorkers(Context, core.Settings.MaxIos));

    private enum State
    {
        Opening,
        Open,
        Closing,
        Stopping,
    }

    public static Props Props(CloneCore core) => LocalProps.Of(() => new CloneActor(core), core.Settings.Dispatcher);

    // This actor ends with a copy client.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        if (_core.IsGone)
            Context.Stop(Self);     // restarted after a bug: its requests have failed, and the handle is closed
    }

    protected override void PostStop()
    {
        _core.Leave();
        CloneGauges.Remove(_core);
        _commitTimer?.Cancel();
        _retryTimer?.Cancel();
        _parts?.Close();
    }

    protected override void OnReceive(object message)
    {
        if (_parts is null)
        {
            if (message is OpenClone)
                Open();
            else if (message is CloseClone)
                Context.Stop(Self);     // it could not be opened
            return;
        }
        switch (message)
        {
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case CloneRequest request:
                if (_parts.TryBegin(request, MayBegin))
                    Begin(request, _parts);
                break;
            case RegionChange copy:
                Copied(copy);
                break;
            case CommitTime:
                _commitTimer = null;
                _rate.Add(_scheduler.MonotonicClock, _core.Map.Hydrated);
                _commits.Start();
                break;
            case RetryTime:
                _hydrator.Resume();
                break;
            case ICloneCommand command:
                OnCommand(command);
                break;
            case CopiesEnded when _state == State.Stopping && --_clients > 0:
                return;
            case CopiesEnded:
                Context.Stop(Self);     // intended, or by a bug of a copy client: without it no region can be hydrated
                break;
            default:
                Unhandled(message);
                return;
        }
        _parts.TellAnswers();       // before waiting work begins
        Continue(_parts);
        _parts.TellAnswers();
    }

    private void Open()
    {
        var self = Self;
        _copies = Client("copies", CloneParts.MaxActive * 2, null);
        _parts = new CloneParts(_core, _changes, _workers, Context.Dispatcher.Schedule);
        _commits = new CommitQueue(_core, _parts, _workers, error => _news.ReadOnly(Status(), error));
        _hydrator = new Hydrator(
            _core, _changes, _news, delay => _retryTimer = _scheduler.ScheduleTellOnceCancelable(delay, self, RetryTime.Instance, self))
        {
            Copies = Client("hydration", Hydrator.MaxCopies, _core.Throttle),
        };
        _mapper = new CloneMapper(_core, _changes, _parts, _copies, _hydrator, _commits);
        _rate.Add(_scheduler.MonotonicClock, _core.Map.Hydrated);
        _state = State.Open;
        if (_core.Map.IsComplete)
            _core.Hydrated.SetResult(Done.Instance);
        CloneGauges.Add(_core);
        Continue(_parts);
    }

    private bool MayBegin => _state == State.Open && !_commits.IsDeciding;

    private void OnCommand(ICloneCommand command)
    {
        switch (command)
        {
            case AskCloneStatus(var answer):
                answer.SetResult(Status());
                break;
            case SetHydration(var isEnabled, var threshold, var batchSize, var done):
                _hydrator.IsEnabled = isEnabled ?? _hydrator.IsEnabled;
                _hydrator.Threshold = threshold ?? _hydrator.Threshold;
                _hydrator.BatchSize = batchSize ?? _hydrator.BatchSize;
                done.SetResult(Done.Instance);
                break;
            case CloseClone when _state == State.Open:
                _state = State.Closing;
                break;
        }
    }

    private void Begin(CloneRequest request, CloneParts parts)
    {
        request.Parts = 1;      // one for this method: the request is not answered before all parts exist
        _mapper.Map(request);
        parts.EndPart(request);
    }

    private void Copied(RegionChange copy)
    {
        if (copy.Kind == ChangeKind.Background)
            _hydrator.Ended(copy);
        if (copy.Error == IoError.None && _core.Mode == CloneMode.ReadWrite)
            _core.Map.Mark(copy.Start, copy.End);
        _changes.End(copy);
    }

    // Waiting work is started only here, so that nothing recurses.
    private void Continue(CloneParts parts)
    {
        if (_commits.IsDeciding)
            return;
        while (_changes.TakeReleased() is { } part)
            _mapper.Continue(part);
        while (MayBegin && parts.BeginNext() is { } request)
            Begin(request, parts);
        if (_state == State.Open && (parts.IsIdle || _core.Settings.HydrateUnderLoad))
            _hydrator.Continue();
        CommitLater();
        Complete();
        if (_state == State.Closing)
            Finish(parts);
    }

    private void CommitLater()
    {
        if (_core.Map.ChangedArrays > 0 && _commitTimer is null && _state == State.Open)
            _commitTimer = _scheduler.ScheduleTellOnceCancelable(_core.Settings.CommitInterval, Self, CommitTime.Instance, Self);
    }

    private void Complete()
    {
        if (!_core.Map.IsComplete || _core.Hydrated.IsSet || _core.Mode != CloneMode.ReadWrite || !_commits.IsIdle)
            return;
        if (_core.Map.ChangedArrays > 0)
        {
            _commits.Start();       // nothing more will change
            return;
        }
        _core.Hydrated.SetResult(Done.Instance);
        _news.Hydrated(Status());
    }

    private void Finish(CloneParts parts)
    {
        if (!parts.IsIdle || !_changes.IsIdle || !_commits.IsIdle)
            return;
        if (_core.Map.ChangedArrays > 0)
        {
            _commits.Start();       // if it fails, the marks are reverted, and nothing is left to commit
            return;
        }
        _state = State.Stopping;
        _copies.DestroyAsync();
        _hydrator.Copies.DestroyAsync();        // CopiesEnded follows, twice
    }

    private CloneStatus Status() => new(
        _core.Name, _core.Mode, _core.Image.Space.Used, _core.Image.Space.Blocks, _core.Geometry.RegionSize, _core.Map.Hydrated, _core.Map.Regions,
        _changes.Copying, _hydrator.IsEnabled, _parts!.PassesDiscards, _hydrator.Threshold, _hydrator.BatchSize)
    {
        BytesPerSecond = _rate.RegionsPerSecond * _core.Geometry.RegionSize,
    };

    private KcopydClient Client(string name, int maxJobs, KcopydThrottle? throttle)
    {
        var client = _core.Clients.Create(Context, name, _core.Clients.Settings with
        {
            MaxJobs = maxJobs + 1, Dispatcher = _core.Settings.Dispatcher, WorkerDispatcher = _core.Settings.Dispatcher,
        }, throttle);
        Context.WatchWith(client.Actor, new CopiesEnded());
        _clients++;
        return client;
    }

    private sealed record CopiesEnded : INoSerializationVerificationNeeded;

    private sealed record CommitTime : INoSerializationVerificationNeeded
    {
        public static CommitTime Instance { get; } = new();
    }

    private sealed record RetryTime : INoSerializationVerificationNeeded
    {
        public static RetryTime Instance { get; } = new();
    }
}
