using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// The one serialized world of an origin and its snapshots: every exception is looked up, started and made to hold here. It calls
/// devices itself, or has its child, the copy client, copy.
/// </summary>
/// <remarks><code>
///  request ──▶ cut into parts by the exception tables ──▶ I/O worker ──▶ part done ──▶ all parts done: answered
///                  │ a chunk without an exception is written
///                  └──▶ run started ──▶ copy client, or the I/O of a whole chunk ──▶ copied ──▶ committed in order ──▶ holds
/// </code>
/// Invariants: an origin write starts only when every valid snapshot has its chunks, on the medium, and no read of theirs is on its way
/// there; a request is answered once, when nothing uses its memory any more.
/// </remarks>
internal sealed partial class OriginActor : UntypedActor, IIoOwner
{
    private const int MostActive = 256;     // requests; more of them wait
    private const int MostCopies = 2 * MostActive;      // at the copy client; more of them wait

    private readonly OriginCore _core;
    private readonly MessageDispatcher _dispatcher = Context.Dispatcher;
    private readonly IoWorkers _workers;
    private readonly List<SnapshotCore> _snapshots = [];
    private readonly IoList _originReads = new();       // of snapshots
    private readonly Stack<SnapshotIo> _free = new();
    private readonly Queue<Action> _whenQuiet = new();
    private readonly Queue<CopyOut> _waitingCopies = new();
    private KcopydClient _client = null!;
    private BlockRequest? _firstActive;
    private BlockRequest? _firstHeld, _lastHeld;
    private IoQueue _answered;      // of one other actor, in this turn
    private IActorRef? _answeredTo;
    private int _active;
    private int _copies;
    private bool _isClosing;
    private bool _isChanging;       // a snapshot is being attached or detached: nothing begins before that has ended

    public OriginActor(OriginCore core)
    {
        _core = core;
        _workers = new IoWorkers(Context, core.Settings.MaxIos);
    }

    private ILoggingAdapter Log { get; } = Context.GetLogger();

    public static Props Props(OriginCore core) =>
        LocalProps.Of(() => new OriginActor(core), core.Settings.Dispatcher);

    // The copy client's end is this actor's.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        if (_core.IsGone)
        {
            Context.Stop(Self);     // restarted after a bug: its requests were told so, and the handles are closed
            return;
        }
        _client = _core.Clients.Create(Context, "copies", _core.Clients.Settings with
        {
            MaxDestinations = 64, MaxJobs = MostCopies + 1, Dispatcher = _core.Settings.Dispatcher, WorkerDispatcher = _core.Settings.Dispatcher,
        }, throttle: null);
        Context.WatchWith(_client.Actor, new CopiesEnded());
    }

    protected override void PostStop()
    {
        TellAnswered();     // should it have crashed in the middle of a turn
        _core.Leave();
        _snapshots.ForEach(SnapshotGauges.Remove);
        for (var request = _firstActive; request is not null;)
        {
            var next = request.After;
            request.Close(request.Id);
            request = next;
        }
        while (_firstHeld is { } held)
        {
            _firstHeld = held.After;
            held.Close(held.Id);
        }
        EndMerge(IoError.ClientStopped, "the origin was closed");
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case BlockRequest request:
                Take(request);
                break;
            case CopyOut copy:
                CopiedOut(copy);
                break;
            case MergeCopy copy:
                MergeCopied(copy);
                break;
            case IOriginCommand command:
                OnCommand(command);
                break;
            case CopiesEnded:
                Context.Stop(Self);     // asked for, or by a bug of the copy client: nothing can be kept without it
                break;
            default:
                Unhandled(message);
                return;
        }
        TellAnswered();     // before what waited for that begins
        GoOn();
        TellAnswered();
    }

    // Here and nowhere else, so that neither recurses: what was held begins, and what waits for quiet runs.
    private void GoOn()
    {
        while (_whenQuiet.Count > 0)
        {
            if (_isChanging || _active > 0 || _copies > 0 || !IsMergeQuiet || _snapshots.Exists(static snapshot => snapshot.Metadata.IsBusy || snapshot.Growing.IsBusy))
                return;
            _whenQuiet.Dequeue()();
        }
        while (!_isChanging && _active < MostActive && _firstHeld is { } held)
        {
            _firstHeld = held.After;
            if (_firstHeld is null)
                _lastHeld = null;
            Begin(held);
        }
        if (!_isChanging)
            ContinueMerge();
    }

    private void Take(BlockRequest request)
    {
        if (_whenQuiet.Count == 0 && !_isChanging && _active < MostActive)
        {
            Begin(request);
            return;
        }
        request.After = null;
        if (_lastHeld is null)
            _firstHeld = request;
        else
            _lastHeld.After = request;
        _lastHeld = request;
    }

    private void Begin(BlockRequest request)
    {
        _active++;
        (request.Before, request.After) = (null, _firstActive);
        if (_firstActive is not null)
            _firstActive.Before = request;
        _firstActive = request;
        request.Parts = 1;      // this one: it is not answered before all parts are there
        Map(request);
        EndPart(request);
    }

    private void EndPart(BlockRequest request)
    {
        if (--request.Parts > 0)
            return;
        _active--;
        if (request.Before is null)
            _firstActive = request.After;
        else
            request.Before.After = request.After;
        if (request.After is not null)
            request.After.Before = request.Before;
        (request.Before, request.After) = (null, null);
        if (!request.TrySettle(request.Id))
            return;
        var result = new IoResult(request.GoodTo, request.Error);
        if (request.Owner is { } owner)
            GiveBack(owner, request.GiveBack(result));
        else
            _dispatcher.Schedule(request.Answer(result));
    }

    // What another actor gets of one turn it gets together.
    private void GiveBack(IActorRef owner, DeviceIo io)
    {
        if (!ReferenceEquals(owner, _answeredTo))
            TellAnswered();
        _answeredTo = owner;
        _answered.Add(io);
    }

    private void TellAnswered()
    {
        if (_answered.TakeAll() is { } answered)
            _answeredTo!.Tell(answered, ActorRefs.NoSender);
        _answeredTo = null;
    }

    private sealed record CopiesEnded : INoSerializationVerificationNeeded;
}
