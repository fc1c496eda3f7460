using Akka;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Mirrors;

/// <summary>Serializes all work on a mirror. It submits I/O to the legs and the log, and lets its child, the copy client, copy.</summary>
/// <remarks><code>
///  request (Begin) ──▶ read: MirrorReads │ write, zero, discard, flush: MirrorWrites ──▶ answered (MirrorAnswers)
///
///  Open ── CloseMirror (Close) ──▶ Closing: copies are stopped, idle regions become clean ── CopiesEnded ──▶ stopped
/// </code>
/// Legs are changed when nothing is in flight (<see cref="MirrorChanges"/>); requests that arrive in the meantime wait.
/// </remarks>
internal sealed class MirrorActor : UntypedActor
{
    private readonly MirrorCore _core;
    private readonly IoWorkers _workers;
    private readonly IMirrorLog _device;
    private readonly MirrorAnswers _answers;
    private readonly MirrorLegs _legs;
    private readonly MirrorRegions _regions;
    private readonly MirrorHolds _holds = new();
    private readonly MirrorWrites _writes;
    private readonly MirrorReads _reads;
    private readonly MirrorLogWriter _log;
    private readonly MirrorRecovery _recovery;
    private readonly MirrorCleaner _cleaner;
    private readonly MirrorChanges _changes;
    private readonly List<Completion<Done>> _inSync = [];
    private State _state = State.Open;

    public MirrorActor(MirrorCore core, OpenedMirror opened)
    {
        _core = core;
        _device = opened.Log;
        _workers = new IoWorkers(Context, core.Settings.MaxIos);
        (opened.Log as DiskLog)?.Attach(_workers);
        var news = new MirrorNews(core.Name, Context.System.EventStream, Context.GetLogger());
        var repairs = new MirrorRepairs(core.Geometry, Math.Max(IoRegion.SectorSize, core.Unit), core.Options.RepairOnRead);
        var queue = new LogQueue();
        _answers = new MirrorAnswers(Context.Dispatcher.Schedule);
        _legs = new MirrorLegs(opened.Legs, core.Geometry);
        _regions = new MirrorRegions(core.Geometry, opened.Clean);
        var ios = new LegIos(_legs, _workers);
        _writes = new MirrorWrites(_legs, _regions, _holds, queue, ios, news, _answers);
        _reads = new MirrorReads(_legs, _regions, _writes.InFlight, ios, repairs, news, _answers);
        _log = new MirrorLogWriter(opened.Log, _legs, _regions, _writes, queue, news);
        _recovery = new MirrorRecovery(core, _legs, _regions, _holds, _writes.InFlight, repairs, news, Context.System.Scheduler);
        _recovery.Pause(core.Options.StartPaused);
        var (self, scheduler) = (Self, Context.System.Scheduler);
        _cleaner = new MirrorCleaner(_legs, _regions, _writes, _log, news,
            () => scheduler.ScheduleTellOnce(core.Settings.CleanDelay, self, LookForIdleRegions.Instance, ActorRefs.NoSender));
        _changes = new MirrorChanges(core, _legs, _regions, _recovery, _log, news);
    }

    private enum State
    {
        Open,
        Closing,
    }

    private bool IsQuiet => _answers.IsIdle && _recovery.IsIdle && _cleaner.IsIdle && _log.IsIdle;

    public static Props Props(MirrorCore core, OpenedMirror opened) => LocalProps.Of(() => new MirrorActor(core, opened), core.Settings.Dispatcher);

    // This actor ends with the copy client.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        if (_core.IsGone)
        {
            Context.Stop(Self);     // restarted after a bug: its requests have failed, and the handle is closed
            return;
        }
        _recovery.Client = _core.Clients.Create(Context, "copies", _core.Clients.Settings with
        {
            MaxDestinations = MirrorLabel.MaxLegs, MaxJobs = _core.Settings.MaxRecoveries + 1, Dispatcher = _core.Settings.Dispatcher,
            WorkerDispatcher = _core.Settings.Dispatcher,
        }, _core.Throttle);
        _core.Copies = _recovery.Client;
        Context.WatchWith(_recovery.Client.Actor, CopiesEnded.Instance);
        MirrorGauges.Add(_core);
        Continue();
    }

    protected override void PostStop()
    {
        _core.Leave();
        MirrorGauges.Remove(_core);
        _answers.Close();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case MirrorRequest request:
                if (_answers.TryBegin(request, _changes.IsIdle))
                    Begin(request);
                break;
            case RegionCopy copy:
                _recovery.Ended(copy);
                break;
            case LookForIdleRegions:
                _cleaner.Look();
                break;
            case IMirrorCommand command:
                OnCommand(command);
                break;
            case CopiesEnded:
                Context.Stop(Self);     // intended, or by a bug of the copy client
                break;
            default:
                Unhandled(message);
                return;
        }
        _answers.Tell();        // before waiting work begins
        Continue();
        _answers.Tell();
    }

    private void OnCommand(IMirrorCommand command)
    {
        switch (command)
        {
            case AskMirrorStatus(var answer):
                answer.SetResult(Status());
                break;
            case MirrorProtocol.GetStatus:
                Sender.Tell(Status(), Self);
                break;
            case AwaitInSync(var answer):
                _inSync.Add(answer);
                break;
            case PauseRecovery(var isPaused):
                _recovery.Pause(isPaused);
                break;
            case RetryRecovery(var answer):
                _recovery.Retry();
                answer.SetResult(Done.Instance);
                break;
            case SetLeg set:
                _changes.Add(set);
                break;
            case ReturnLeg back:
                _changes.Add(back);
                break;
            case FailLeg fail:
                _changes.Add(fail);
                break;
            case RemoveLeg remove:
                _changes.Add(remove);
                break;
            case HoldRange(var range):
                _recovery.Hold(range);
                break;
            case ReleaseRange(var range):
                _holds.Release(range);
                break;
            case CloseMirror when _state == State.Open:
                Close();
                break;
        }
    }

    private void Close()
    {
        _state = State.Closing;
        _recovery.Stop();
        _changes.Add(() =>
        {
            _changes.Begin();       // and never ends: nothing else begins
            _cleaner.CleanAll(_ => _recovery.Client.DestroyAsync());      // CopiesEnded follows; what is not clean stays marked
        });
    }

    private void Begin(MirrorRequest request)
    {
        if (_state == State.Closing)
        {
            request.Fail(IoError.Closed, 0);
            _answers.End(request);
        }
        else if (request.Operation == DeviceOperation.Read)
        {
            _reads.Begin(request);
        }
        else
        {
            _writes.Begin(request);
        }
    }

    // Waiting work is started only here, so that nothing recurses.
    private void Continue()
    {
        while (_changes.IsWaiting && !_changes.IsRunning && IsQuiet)
            _changes.RunNext();
        while (_changes.IsIdle && _answers.BeginNext() is { } request)
            Begin(request);
        _recovery.Continue(_changes.IsIdle);
        while (_holds.TakeReleased() is { } write)
            _writes.Admit(write);
        _log.Continue();
        if (_changes.IsIdle)
            _cleaner.Continue();
        _core.Counts.Set(_legs, _regions, _log.Records);
        if (_inSync.Count > 0 && _regions.InSync.IsFull && !_legs.HasRebuilding)
            AnswerInSync();
    }

    private void AnswerInSync()
    {
        _inSync.ForEach(static answer => answer.SetResult(Done.Instance));
        _inSync.Clear();
    }

    private MirrorStatus Status()
    {
        var legs = new MirrorLegStatus[_legs.Count];
        for (var i = 0; i < legs.Length; i++)
            legs[i] = new MirrorLegStatus(_legs[i].Device?.Name ?? "-", _legs[i].State, _legs[i].Health, _legs[i].ReadErrors, _legs[i].Repairs);
        return new MirrorStatus(_core.Name, _core.Geometry.Length, _core.Geometry.RegionSize, legs, _regions.InSync.Count, _regions.InSync.Size,
            _device.Device?.Name, _log.HasFailed)
        {
            IsRecoveryPaused = _recovery.IsPaused,
            GivenUpRegions = _recovery.GivenUp,
            RecoveredBytes = _recovery.Copied,
            RecoveryTimeLeft = _recovery.TimeLeft,
            LogRecords = _log.Records,
        };
    }

    private sealed record CopiesEnded : INoSerializationVerificationNeeded
    {
        public static CopiesEnded Instance { get; } = new();
    }
}
