using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// The one serialized world of an NBD device: it owns the connections and the requests (<see cref="RequestFlow"/>), and knows whether there is a server.
/// </summary>
/// <remarks><code>
///  Serving ──LostSession──▶ Lost ──Found──▶ Replaying ──Work──▶ Serving    what is kept is written again, before anything else
///                            ▲                  │
///                            └───LostSession────┘
///  any ──Fail──▶ Failed                                                    for good: the limit has passed, or it is another export
///  any ──Close──▶ Closing ──Work──▶ stopped                                when nothing is on its way any more, or at the limit
/// </code>
/// Nothing blocks here: sockets are awaited, and what becomes of it is told to the actor. All requests that are in the mailbox go out together.
/// </remarks>
internal sealed class NbdClientActor : UntypedActor, IWithTimers
{
    // For streams to stop reading callers' memory once they are closed, which sockets do at once.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly NbdClientCore _core;
    private readonly NbdLink _first;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NbdConnections _connections;
    private readonly UnflushedLedger _ledger;
    private readonly RequestFlow _flow;
    private readonly PumpNow _pump = new();
    private ServerSearch _search = null!;
    private ServerLoss _loss = null!;
    private SpareConnections _spares = null!;
    private State _state = State.Serving;
    private bool _isPumpTold;
    private bool _isTicking;
    private long _heard;            // requests that the server had answered when that was looked at

    public NbdClientActor(NbdClientCore core, NbdLink link)
    {
        (_core, _first) = (core, link);
        _connections = new NbdConnections(_log, core.Name);
        _ledger = new UnflushedLedger(core, _log);
        _flow = new RequestFlow(core, _connections, _ledger, Context.Dispatcher.Schedule, _log);
    }

    private enum State
    {
        Serving,
        Replaying,
        Lost,
        Failed,
        Closing,
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private NbdClientOptions Options => _core.Options;

    public static Props Props(NbdClientCore core, NbdLink link) =>
        LocalProps.Of(() => new NbdClientActor(core, link), "kcopyd.dispatcher");

    protected override void PreStart()
    {
        _search = new ServerSearch(_core, Self, Timers);
        _loss = new ServerLoss(Options.ReconnectLimit, Timers);
        _spares = new SpareConnections(_core, Self, _log);
        if (_core.IsGone)
        {
            Context.Stop(Self);     // restarted after a bug: its requests were answered, and the connections are closed
            return;
        }
        if (_core.Terms is { Complaint: { } complaint } terms)
            _log.Warning("{0}: {1}; requests are aligned to {2} bytes and have at most {3}.", _core.Name, complaint, terms.MinimumBlockSize, terms.MaximumPayload);
        Join(_first);
        Work();     // it may be lost since it was opened
    }

    protected override void PostStop()
    {
        _core.Leave();
        _search.Stop();
        _spares.Stop();
        _flow.Abandon();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NbdRequest request:
                Take(request);
                return;
            case LinkRead read:
                read.Link.Read();
                break;
            case LinkWritten written:
                written.Link.Written();
                break;
            case PumpNow:
                _isPumpTold = false;
                break;
            case ServerFound found:
                Found(found.Link);
                break;
            case ServerNotFound notFound:
                NotFound(notFound.Reason);
                break;
            case SpareOpened opened:
                _spares.Opened(opened, _flow.Sent);
                break;
            case SpareRefused refused:
                _spares.Refused(refused);
                break;
            case DeviceTimer timer:
                On(timer);
                break;
            case CloseDevice:
                Close();
                break;
            default:
                Unhandled(message);
                return;
        }
        Work();
    }

    private void On(DeviceTimer timer)
    {
        if (timer == DeviceTimer.Tick)
            Tick();
        else if (timer == DeviceTimer.Retry && _state == State.Lost)
            _search.Try();
        else if (timer == DeviceTimer.Limit)
            LimitReached();
        else if (timer == DeviceTimer.Settled)
            Regained();
        else if (timer == DeviceTimer.Close)
            Context.Stop(Self);     // requests whose memory is still read are answered later: see PostStop
    }

    private void Take(NbdRequest request)
    {
        _flow.Add(request);
        if (_state is State.Lost or State.Replaying)
            _loss.Await();
        if (_isPumpTold)
            return;
        // Behind what is in the mailbox: all that goes out together.
        _isPumpTold = true;
        Self.Tell(_pump, ActorRefs.NoSender);
    }

    /// <summary>Takes what the connections bring and sends what can be sent, until there is nothing of either.</summary>
    private void Work()
    {
        Settle();
        do
        {
            if (_state == State.Replaying && _flow.Replay())
            {
                _state = State.Serving;
                _loss.Settle();
            }
            if (_state == State.Serving)
                _flow.Serve();
            _connections.Flush();
        }
        while (Settle());
        if (_state == State.Serving)
            _spares.Consider(_connections);
        if (_state == State.Closing && _connections.AreGone)
            Context.Stop(Self);
        if (!_isTicking && Options.RequestTimeout > TimeSpan.Zero && _connections.InFlight > 0)
        {
            _isTicking = true;
            Timers.StartPeriodicTimer(DeviceTimer.Tick, DeviceTimer.Tick, Options.RequestTimeout / NbdLink.Ticks);
        }
    }

    /// <returns>True if there was something.</returns>
    private bool Settle()
    {
        var before = _connections.Count;
        var isAny = _flow.Settle();
        if (_flow.Heard > _heard)
            Regained();
        if (_connections.Count == before)
            return isAny | TryJoin();
        // What was written again so far may be in a cache that is gone, too: it begins anew, with a new session.
        if (_state == State.Replaying)
            _connections.Break("another connection of the session was lost before all was written again");
        if (_connections.Count == 0)
            LostSession();
        else
            _spares.GiveUp();
        return true;
    }

    private bool TryJoin()
    {
        if (_spares.Admit(_flow.Answered) is not { } link)
            return false;
        Join(link);
        return true;
    }

    private void Join(NbdLink link)
    {
        link.Attach(Self, _core);
        _connections.Add(link);
    }

    // While something is in flight.
    private void Tick()
    {
        if (_connections.InFlight > 0)
        {
            _connections.Tick(Options.RequestTimeout);
            return;
        }
        _isTicking = false;
        Timers.Cancel(DeviceTimer.Tick);
    }

    private void LostSession()
    {
        if (_state is not (State.Serving or State.Replaying))
            return;
        _spares.Reset();
        _ledger.ServerLost();
        if (Options.ReconnectLimit == TimeSpan.Zero)
        {
            Fail(_connections.Loss);
            return;
        }
        _state = State.Lost;
        if (_loss.Begin(_connections.Loss))
        {
            _search.Restart();
            _log.Warning("{0}: the server is lost: {1}; trying for {2} s to reach it", _core.Name, _loss.Reason, Options.ReconnectLimit.TotalSeconds);
            Publish(NbdDeviceState.Reconnecting, _loss.Reason);
        }
        _search.TryNext();
    }

    private void NotFound(string reason)
    {
        if (_state != State.Lost)
            return;
        _loss.Reason = reason;
        _log.Debug("{0}: {1}", _core.Name, reason);
        _search.TryNext();
    }

    private void Found(NbdLink link)
    {
        if (_state != State.Lost)
        {
            link.Break("the device does not wait for it any more");
            return;
        }
        if (_core.Terms.WhyNot(link.Terms, _core.IsReadOnly) is { } reason)
        {
            link.Break("it is another export");
            Fail($"the server is back, and it is another export: {reason}");
            return;
        }
        _state = State.Replaying;
        _ledger.BeginReplay();
        Join(link);
    }

    private void LimitReached()
    {
        if (_state == State.Serving)
            Regained();     // it is there, and slow
        else if (_loss.IsOver(_flow.HasWaiting, _state == State.Replaying ? _ledger.Replayed : 0))
            Fail($"the server has not come back within {Options.ReconnectLimit.TotalSeconds:0.###} s ({_loss.Reason})");
    }

    // It has answered a request since it was lost, or has not been lost again for a while.
    private void Regained()
    {
        _heard = _flow.Heard;
        if (_state != State.Serving || !_loss.End())
            return;
        _log.Info("{0}: the server is back", _core.Name);
        Publish(NbdDeviceState.Connected, "");
    }

    private void Publish(NbdDeviceState state, string reason)
    {
        _core.State = state;
        Context.System.EventStream.Publish(new NbdDeviceStateChanged(_core.Name, state, reason));
    }

    /// <summary>Nothing works any more, and nothing will.</summary>
    private void Fail(string reason)
    {
        var lost = _ledger.HasUnflushed ? " What was written and not flushed may be lost." : "";
        _log.Error("{0}: the device has failed for good: {1}.{2}", _core.Name, reason, lost);
        _state = State.Failed;
        Publish(NbdDeviceState.Failed, reason);
        End(IoError.NoDevice);
    }

    private void Close()
    {
        _state = State.Closing;
        _core.State = NbdDeviceState.Closed;
        End(IoError.Closed);
        Timers.StartSingleTimer(DeviceTimer.Close, DeviceTimer.Close, CloseLimit);
    }

    // What is in flight is answered when the streams have stopped reading its memory.
    private void End(IoError error)
    {
        Timers.CancelAll();
        _search.Stop();
        _spares.Stop();
        _flow.End(error);
        _connections.Close();
    }

    private sealed class PumpNow : LinkedMessage;
}

/// <summary>The handle is disposed.</summary>
internal sealed record CloseDevice : INoSerializationVerificationNeeded
{
    public static CloseDevice Instance { get; } = new();
}
