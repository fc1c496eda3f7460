using Akka;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// Serializes all work on an origin and its snapshots: every exception is looked up, started and committed here. It submits I/O to the devices, and lets its
/// child, the copy client, copy.
/// </summary>
/// <remarks><code>
///  request (Take) ──▶ split into parts by the exception tables (RequestMapper) ──▶ I/O (RequestParts) ──▶ all parts have ended: answered
///                        │ write to a chunk without an exception (OriginChangeGate)
///                        └──▶ run started (PendingRuns) ──▶ copied (CopyQueue), or written as whole chunks ──▶ committed in order (StoreCommits)
///
///  Open ── CloseOrigin (Close) ──▶ Closing: the merge stops, snapshots are detached one by one, the copy client is destroyed ── CopiesEnded ──▶ stopped
/// </code>
/// Snapshots are attached and detached, and merges begin, when nothing is in flight (<see cref="QuietWork"/>); requests that arrive in the meantime wait.
/// </remarks>
internal sealed class OriginActor : UntypedActor
{
    private readonly OriginCore _core;
    private readonly SnapshotNews _news = new(Context.System.EventStream, Context.GetLogger());
    private readonly IoWorkers _workers;
    private readonly RequestParts _parts;
    private readonly OriginSnapshots _snapshots = new();
    private readonly QuietWork _changes = new();
    private readonly CopyQueue _copies;
    private readonly MergeRun _merge;
    private readonly RequestMapper _mapper;
    private readonly SnapshotAttachments _attachments;
    private State _state = State.Open;

    public OriginActor(OriginCore core)
    {
        _core = core;
        _workers = new IoWorkers(Context, core.Settings.MaxIos);
        _parts = new RequestParts(core.Device, _workers, Context.Dispatcher.Schedule);
        _copies = new CopyQueue(core);
        var gate = new OriginChangeGate(_snapshots, _parts, _copies);
        _merge = new MergeRun(core, _snapshots, _parts, gate, _copies, _news);
        _mapper = new RequestMapper(core, _snapshots, _parts, gate, _copies, _merge);
        _attachments = new SnapshotAttachments(core, _snapshots, _changes, _merge, _news);
    }

    private enum State
    {
        Open,
        Closing,
    }

    public static Props Props(OriginCore core) =>
        LocalProps.Of(() => new OriginActor(core), core.Settings.Dispatcher);

    // This actor ends with the copy client.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        if (_core.IsGone)
        {
            Context.Stop(Self);     // restarted after a bug: its requests have failed, and the handles are closed
            return;
        }
        _copies.Client = _core.Clients.Create(Context, "copies", _core.Clients.Settings with
        {
            MaxDestinations = 64, MaxJobs = CopyQueue.MaxActive + 1, Dispatcher = _core.Settings.Dispatcher, WorkerDispatcher = _core.Settings.Dispatcher,
        }, throttle: null);
        Context.WatchWith(_copies.Client.Actor, new CopiesEnded());
    }

    protected override void PostStop()
    {
        _core.Leave();
        _snapshots.All.ForEach(SnapshotGauges.Remove);
        _parts.Close();
        _merge.Stop(IoError.ClientStopped, "the origin was closed");
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case OriginRequest request:
                Take(request);
                break;
            case CopyOut copy:
                _copies.Ended(copy);
                break;
            case MergeCopy copy:
                _merge.Copied(copy.Result);
                break;
            case IOriginCommand command:
                OnCommand(command);
                break;
            case CopiesEnded:
                Context.Stop(Self);     // intended, or by a bug of the copy client: without it no snapshot can be preserved
                break;
            default:
                Unhandled(message);
                return;
        }
        _parts.TellAnswers();       // before waiting work begins
        Continue();
        _parts.TellAnswers();
    }

    private void OnCommand(IOriginCommand command)
    {
        switch (command)
        {
            case AttachSnapshot(var snapshot, var attached):
                _changes.Add(() => _attachments.Attach(snapshot, Live(snapshot), attached, _state == State.Closing));
                break;
            case DetachSnapshot(var snapshot, var detached):
                _changes.Add(() => _attachments.Detach(snapshot, detached));
                break;
            case GrowStore(var snapshot, var cow, var grown):
                _changes.Add(grown, () => SnapshotAttachments.Grow(snapshot, cow));
                break;
            case MergeSnapshot(var snapshot, var merge):
                _changes.Add(() => _attachments.BeginMerge(snapshot, merge));
                break;
            case CloseOrigin when _state == State.Open:
                Close();
                break;
            case SnapshotProtocol.GetStatus(var name):
                Sender.Tell(Status(name), Self);
                break;
            case AskOriginStatus(var answer):
                answer.SetResult(Status(null));
                break;
            case AskStatus(var snapshot, var answer):
                answer.SetResult(CurrentStatus(snapshot));
                break;
            case AskExceptions(var snapshot, var part, var chunks, var answer):
                snapshot.Table.AddPart(part, chunks);
                answer.SetResult(Done.Instance);
                break;
        }
    }

    private LiveSnapshot Live(SnapshotCore snapshot) => new(snapshot, _workers, _parts, _news, (request, at) =>
    {
        _mapper.MapWrite(request, snapshot, at);
        _parts.EndPart(request);
    });

    private OriginStatus Status(string? snapshot) =>
        new(_core.Name, [.. _snapshots.All.Where(each => snapshot is null || each.Name == snapshot).Select(CurrentStatus)]);

    private static SnapshotStatus CurrentStatus(SnapshotCore snapshot)
    {
        snapshot.Live.Room.Refresh();
        return snapshot.Status();
    }

    private void Close()
    {
        _state = State.Closing;
        if (_merge.HasBegun)
            _changes.Add(() => _merge.Stop(IoError.Cancelled, "the origin was closed"));
        foreach (var snapshot in _snapshots.All)
            _changes.Add(() => _attachments.Detach(snapshot, null));
        _changes.Add(() => _copies.Client.DestroyAsync());      // CopiesEnded follows
    }

    private void Take(OriginRequest request)
    {
        if (_parts.TryBegin(request, _changes.IsIdle))
            Begin(request);
    }

    private void Begin(OriginRequest request)
    {
        request.Parts = 1;      // one for this method: the request is not answered before all parts exist
        _mapper.Map(request, _state == State.Closing);
        _parts.EndPart(request);
    }

    // Waiting requests and changes that need quiet are started only here, so that neither recurses.
    private void Continue()
    {
        while (_changes.IsWaiting)
        {
            if (_changes.IsRunning || !_parts.IsIdle || !_copies.IsIdle || !_merge.IsQuiet || !_snapshots.AreQuiet)
                return;
            _changes.RunNext();
        }
        while (!_changes.IsRunning && _parts.BeginNext() is { } request)
            Begin(request);
        if (_changes.IsIdle)
            _merge.Continue();
    }

    private sealed record CopiesEnded : INoSerializationVerificationNeeded;
}
