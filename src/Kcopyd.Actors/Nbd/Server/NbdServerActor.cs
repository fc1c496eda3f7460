using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Accepts clients, creates a child actor for each of them, and shuts down gracefully.</summary>
/// <remarks><code>
///  serving ──Stop──▶ draining: clients read their replies ──DrainTimedOut──▶ dropped: requests are in devices ──▶ stopped
///                         └───────── a device is flushed when no client uses it any more ─────────┘
///                                            DeviceTimedOut: gives up on devices that hang, and reports them
/// </code>
/// Invariants: the number of connections never exceeds the limit of the settings; further clients wait in the kernel's backlog, except one per listener, which
/// shows the server that clients are waiting. A device is flushed after the last request of its exports. The server ends within the two timeouts, whatever
/// devices do.
/// </remarks>
internal sealed class NbdServerActor : UntypedActor, IIoOwner, IWithTimers
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);    // before the next accept, when the system is out of descriptors

    private readonly ServerCore _core;
    private readonly IoWorkers _workers;
    private readonly HashSet<IActorRef> _connections = [];
    private readonly Queue<Accepted> _waiting = new();  // for a free connection
    private readonly ServerEnd _end;
    private TimeSpan _deviceTimeout;
    private State _state;
    private long _accepted;
    private bool _reportedFull;

    public NbdServerActor(ServerCore core)
    {
        _core = core;
        _workers = new IoWorkers(Context, 16);
        _end = new ServerEnd(core.Exports);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private ILoggingAdapter Log { get; } = Context.GetLogger();

    public static Props Props(ServerCore core) => LocalProps.Of(() => new NbdServerActor(core), core.Settings.Dispatcher);

    // A failed connection is stopped, not restarted; its client can connect again.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        if (_core.Stopped.IsSet)
        {
            Context.Stop(Self);     // restarted after a bug: the listeners are closed
            return;
        }
        NbdGauges.Add(_core);
        foreach (var listener in _core.Listeners)
            Accept(listener);
    }

    protected override void PostStop()
    {
        NbdGauges.Remove(_core);
        StopListening();
        _core.Stopped.SetResult(_end.Outcome);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Accepted accepted:
                Take(accepted);
                break;
            case AcceptFailed failed:
                Failed(failed);
                break;
            case AcceptAgain again:
                Accept(again.Listener);
                break;
            case ConnectionEnded ended:
                _connections.Remove(ended.Connection);
                _end.Forget(ended.Connection);
                TakeWaiting();
                break;
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case DrainExport drain:
                Tell(new LeaveExport(drain.Export));
                Timers.StartSingleTimer(drain, new ExportDrainTimedOut(drain), AtLeastATick(_core.Settings.DrainTimeout));
                break;
            case ExportDrainTimedOut late when !late.Drain.Export.Drained.IsSet:
                Tell(new DropExport(late.Drain.Export));
                Timers.StartSingleTimer(late.Drain, new ExportDeviceTimedOut(late.Drain), _core.Settings.DeviceTimeout);
                break;
            case ExportDeviceTimedOut late when !late.Drain.Export.Drained.IsSet:
                late.Drain.Hung.SetResult(_end.Hung(late.Drain.Export));
                break;
            case ExportDrainTimedOut or ExportDeviceTimedOut:
                break;      // drained in the meantime
            case ConnectionHangs hangs:
                if (_connections.Contains(hangs.Connection))
                    _end.Remember(hangs);
                break;
            case StopServer stop:
                Stop(stop);
                break;
            case AskServerStatus ask:
                ask.Answer.SetResult(new NbdServerStatus(_state == State.Serving ? NbdServerState.Serving : NbdServerState.Stopping,
                    _connections.Count, _waiting.Count, _core.Settings.MaxConnections, []));
                break;
            case DrainTimedOut when _state == State.Draining:
                Drop();
                break;
            case DrainTimedOut:
                break;
            case DeviceTimedOut:
                GiveUp();
                break;
            default:
                Unhandled(message);
                return;
        }
        Proceed();
    }

    private void Accept(ITransportListener listener)
    {
        if (_state == State.Serving)
            listener.AcceptAsync().PipeTo(Self, success: connection => new Accepted(listener, connection), failure: wrong => new AcceptFailed(listener, wrong));
    }

    private void Take(Accepted accepted)
    {
        if (_state != State.Serving)
        {
            accepted.Connection.Dispose();
            return;
        }
        if (_connections.Count >= _core.Settings.MaxConnections)
        {
            ReportFull(accepted);
            _waiting.Enqueue(accepted);
            return;
        }
        var context = new ConnectionContext(_core.Settings, _core.Exports, _core.Memory, _core.Options.Tls, _core.Options.RequireTls, accepted.Connection.Peer);
        var connection = Context.ActorOf(ConnectionActor.Props(context, accepted.Connection),
            "connection-" + _accepted++.ToString(CultureInfo.InvariantCulture));
        Context.WatchWith(connection, new ConnectionEnded(connection));
        _connections.Add(connection);
        Accept(accepted.Listener);
    }

    private void TakeWaiting()
    {
        if (_waiting.TryDequeue(out var waiting))
        {
            Take(waiting);
            return;
        }
        if (!_reportedFull)
            return;
        _reportedFull = false;
        Log.Info("No client is waiting for a connection any more.");
    }

    // Logs once each time that the limit is reached, with the users of the connections, which shows the cause.
    private void ReportFull(Accepted first)
    {
        if (_reportedFull)
            return;
        _reportedFull = true;
        var users = string.Join(", ", _core.Exports.All.Select(static export => export.Status()).Where(static status => status.Connections > 0)
            .Select(static status => $"{status.Connections} of export '{status.Name}'"));
        Log.Warning("Client {0} waits: the server has {1} connections ({2}), which is its limit, kcopyd.nbd.server.max-connections. "
            + "Further clients get no greeting until a connection ends.",
            first.Connection.Peer, _connections.Count, users.Length == 0 ? "all in the negotiation" : users);
    }

    private void Failed(AcceptFailed failed)
    {
        if (_state != State.Serving)
            return;
        Log.Warning("Cannot accept clients on {0}: {1}. Retrying in {2} ms.", failed.Listener.Name, failed.Wrong.Message, Pause.TotalMilliseconds);
        Timers.StartSingleTimer(failed.Listener, new AcceptAgain(failed.Listener), Pause);
    }

    private void Stop(StopServer stop)
    {
        if (_state != State.Serving)
            return;
        _state = State.Draining;
        StopListening();
        foreach (var export in _core.Exports.All)
            export.Close();     // connections that have not entered yet cannot: a device may already be flushed
        Tell(LeaveConnection.Instance);
        _deviceTimeout = Shorter(stop.DeviceTimeout, _core.Settings.DeviceTimeout);
        if (_connections.Count > 0)
            Timers.StartSingleTimer(typeof(DrainTimedOut), new DrainTimedOut(), AtLeastATick(Shorter(stop.DrainTimeout, _core.Settings.DrainTimeout)));
    }

    // All requests still outstanding are in devices.
    private void Drop()
    {
        _state = State.Dropped;
        Tell(DropConnection.Instance);
        Timers.StartSingleTimer(typeof(DeviceTimedOut), new DeviceTimedOut(), AtLeastATick(_deviceTimeout));
    }

    private void GiveUp()
    {
        _state = State.Stopped;
        _end.GiveUp();
        if (_end.Outcome.Hung is { } hung)
            Log.Error(hung);
        // Set now, not in PostStop: a device that hangs may delay the stop of this actor.
        _core.Stopped.SetResult(_end.Outcome);
        Context.Stop(Self);
    }

    private void Proceed()
    {
        if (_state is State.Serving or State.Stopped)
            return;
        while (_end.NextToFlush(isAlone: _connections.Count == 0) is { } device)
            _workers.Start(new DeviceIo { Owner = this, Device = device, Operation = DeviceOperation.Flush });
        if (_connections.Count == 0 && _end.IsFlushed)
        {
            _state = State.Stopped;
            Context.Stop(Self);
        }
        else if (_connections.Count == 0 && _state == State.Draining)
            Drop();     // only the flushes are left
    }

    void IIoOwner.Ended(DeviceIo io)
    {
        if (_end.Flushed(io.Device, io.Error) is { } failure)
            Log.Error(failure);
    }

    private void StopListening()
    {
        foreach (var listener in _core.Listeners)
            listener.Dispose();
        while (_waiting.TryDequeue(out var waiting))
            waiting.Connection.Dispose();
    }

    private void Tell(object message)
    {
        foreach (var connection in _connections)
            connection.Tell(message, Self);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan AtLeastATick(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.FromTicks(1);

    private enum State
    {
        Serving,
        Draining,
        Dropped,
        Stopped,
    }
}
