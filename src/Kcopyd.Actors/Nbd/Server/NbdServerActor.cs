using System.Globalization;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Telemetry;
using Kcopyd.Actors.Workers;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Accepts clients, each of which becomes a child; ends when it is told to, and they have ended, and everything is on the medium.</summary>
/// <remarks>Invariant: there are never more connections than the settings say; those that are too many wait where the kernel keeps them, but for one
/// of each listener that was asked for the next client while there was room.</remarks>
internal sealed class NbdServerActor : UntypedActor, IIoOwner, IWithTimers
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);    // when the system has no descriptor for one more

    private readonly ServerCore _core;
    private readonly IoWorkers _workers;
    private readonly HashSet<IActorRef> _connections = [];
    private readonly List<Listener> _waiting = [];      // that are not asked for the next client, because there are enough
    private readonly Queue<Accepted> _early = new();    // came by one listener while another's client took the last place
    private readonly List<string> _failures = [];
    private long _accepted;
    private int _flushes;
    private bool _isStopping;
    private bool _isFlushing;
    private bool _saidThatFull;

    public NbdServerActor(ServerCore core)
    {
        _core = core;
        _workers = new IoWorkers(Context, 16);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private ILoggingAdapter Log { get; } = Context.GetLogger();

    public static Props Props(ServerCore core) => Akka.Actor.Props.Create(() => new NbdServerActor(core)).On(core.Settings.Dispatcher);

    // A connection that fails is over; its client comes again.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        if (_core.Stopped.Task.IsCompleted)
        {
            Context.Stop(Self);     // restarted after a bug: its listeners are closed
            return;
        }
        NbdGauges.Add(_core);
        foreach (var listener in _core.Listeners)
            Accept(listener);
    }

    protected override void PostStop()
    {
        NbdGauges.Remove(_core);
        foreach (var listener in _core.Listeners)
            listener.Dispose();
        while (_early.TryDequeue(out var early))
            early.Socket.Dispose();
        _core.Stopped.TrySetResult(_failures.Count == 0 ? null : string.Join(" ", _failures));
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
                if (_early.TryDequeue(out var early))
                    Take(early);
                foreach (var listener in _waiting.ToArray())
                {
                    _waiting.Remove(listener);
                    Accept(listener);
                }
                break;
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case ExportRemoved:
                foreach (var connection in _connections)
                    connection.Tell(new ExportRemoved(), ActorRefs.NoSender);
                break;
            case StopServer stop:
                Stop(stop.DrainTimeout);
                break;
            case AskServerStatus ask:
                ask.Answer.TrySetResult(new ServerStatus(_connections.Count, _core.Settings.MaxConnections, _isStopping));
                break;
            case DrainTimedOut:
                foreach (var connection in _connections)
                    connection.Tell(DropConnection.Instance, ActorRefs.NoSender);
                break;
            default:
                Unhandled(message);
                return;
        }
        GoOn();
    }

    private void Accept(Listener listener)
    {
        if (_isStopping)
            return;
        if (_connections.Count >= _core.Settings.MaxConnections)
        {
            if (!_saidThatFull)
                Log.Warning("{0} connections, as many as may be; more of them wait. Raise kcopyd.nbd.server.max-connections if that is not enough.", _connections.Count);
            _saidThatFull = true;
            _waiting.Add(listener);
            return;
        }
        listener.AcceptAsync().PipeTo(Self, failure: wrong => new AcceptFailed(listener, wrong));
    }

    private void Take(Accepted accepted)
    {
        if (_isStopping)
        {
            accepted.Socket.Dispose();
            return;
        }
        if (_connections.Count >= _core.Settings.MaxConnections)
        {
            _early.Enqueue(accepted);
            return;
        }
        var context = new ConnectionContext(_core.Settings, _core.Exports, _core.Memory, _core.Options.Tls, _core.Options.RequireTls, accepted.Client);
        var connection = Context.ActorOf(ConnectionActor.Props(context, new LaneStream(accepted.Socket)), "connection-" + _accepted++.ToString(CultureInfo.InvariantCulture));
        Context.WatchWith(connection, new ConnectionEnded(connection));
        _connections.Add(connection);
        Accept(accepted.Listener);
    }

    private void Failed(AcceptFailed failed)
    {
        if (_isStopping)
            return;
        Log.Warning("No client can be accepted on {0}: {1}. Trying again in {2} ms.", failed.Listener.Name, failed.Wrong.Message, Pause.TotalMilliseconds);
        Timers.StartSingleTimer(failed.Listener, new AcceptAgain(failed.Listener), Pause);
    }

    private void Stop(TimeSpan drainTimeout)
    {
        if (_isStopping)
            return;
        _isStopping = true;
        foreach (var listener in _core.Listeners)
            listener.Dispose();
        while (_early.TryDequeue(out var early))
            early.Socket.Dispose();
        foreach (var connection in _connections)
            connection.Tell(LeaveConnection.Instance, ActorRefs.NoSender);
        if (_connections.Count > 0)
            Timers.StartSingleTimer(typeof(DrainTimedOut), new DrainTimedOut(), TimeSpan.FromTicks(Math.Max(1, Math.Min(drainTimeout.Ticks, _core.Settings.DrainTimeout.Ticks))));
    }

    private void GoOn()
    {
        if (!_isStopping || _connections.Count > 0)
            return;
        if (!_isFlushing)
        {
            _isFlushing = true;
            foreach (var device in _core.Exports.All.Where(static export => !export.IsReadOnly).Select(static export => export.Device).Distinct())
            {
                _flushes++;
                _workers.Start(new DeviceIo { Owner = this, Device = device, Operation = DeviceOperation.Flush });
            }
        }
        if (_flushes == 0)
            Context.Stop(Self);
    }

    void IIoOwner.Ended(DeviceIo io)
    {
        _flushes--;
        if (io.Error is IoError.None or IoError.Closed)     // who disposed of his device before has flushed it, or not, as he likes
            return;
        var failure = $"{io.Device.Name}: flush failed; what was written since the last good flush may be lost: {io.Error}.";
        Log.Error(failure);
        _failures.Add(failure);
    }

    private sealed record AcceptFailed(Listener Listener, Exception Wrong) : INoSerializationVerificationNeeded;

    private sealed record AcceptAgain(Listener Listener) : INoSerializationVerificationNeeded;

    private sealed record ConnectionEnded(IActorRef Connection) : INoSerializationVerificationNeeded;

    private sealed record DrainTimedOut : INoSerializationVerificationNeeded;
}

/// <summary>The server is to end, and clients have so much time to take their answers.</summary>
internal sealed record StopServer(TimeSpan DrainTimeout) : INoSerializationVerificationNeeded;

/// <summary>An export is no longer there: whoever uses it leaves.</summary>
internal sealed record ExportRemoved : INoSerializationVerificationNeeded;

/// <summary>How it is; the answer shows that the actor is alive.</summary>
internal sealed record AskServerStatus(TaskCompletionSource<ServerStatus> Answer) : INoSerializationVerificationNeeded;

/// <summary>How a server is.</summary>
internal sealed record ServerStatus(int Connections, int MaxConnections, bool IsStopping);
