using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>What has changed in a session.</summary>
internal enum SessionNews
{
    None,
    /// <summary>Requests were answered, or a connection came or went.</summary>
    Some,
    /// <summary>The last connection is lost.</summary>
    Ended,
}

/// <summary>
/// The connections to one lifetime of the server, and the requests of the device, which outlive it. Used by the device's actor only.
/// </summary>
/// <remarks>Nothing blocks here: sockets are awaited, and their results are sent to the actor. All requests in the mailbox are sent together.</remarks>
internal sealed class NbdSession
{
    private readonly NbdClientCore _core;
    private readonly IActorRef _actor;
    private readonly NbdConnections _connections;
    private readonly UnflushedLedger _ledger;
    private readonly RequestFlow _flow;
    private readonly SpareConnections _spares;
    private readonly PumpNow _pump = new();
    private bool _isPumpQueued;
    private bool _isTicking;

    public NbdSession(NbdClientCore core, IActorContext context, ILoggingAdapter log)
    {
        _core = core;
        _actor = context.Self;
        _connections = new NbdConnections(log, core.Name);
        _ledger = new UnflushedLedger(core, log);
        _flow = new RequestFlow(core, _connections, _ledger, context.Dispatcher.Schedule, log);
        _spares = new SpareConnections(core, _actor, context.Dispatcher, log);
    }

    /// <summary>Number of callers' requests that the server answered.</summary>
    public long AnsweredCalls => _flow.AnsweredCalls;

    /// <summary>True while a caller's request waits to be sent.</summary>
    public bool HasWaiting => _flow.HasWaiting;

    /// <summary>True if acknowledged writes may not be on the server's medium.</summary>
    public bool HasUnflushed => _ledger.HasUnflushed;

    /// <summary>Number of requests of the replay that were sent.</summary>
    public int Replayed => _ledger.Replayed;

    /// <summary>Why the most recently lost connection was lost.</summary>
    public string Loss => _connections.Loss;

    /// <summary>True if no connection is left, not even an ended one.</summary>
    public bool IsGone => _connections.AreGone;

    /// <summary>Takes a request. It is sent after the mailbox has been read, together with all other requests in it.</summary>
    public void Take(NbdRequest request)
    {
        _flow.Add(request);
        if (_isPumpQueued)
            return;
        _isPumpQueued = true;
        _actor.Tell(_pump, ActorRefs.NoSender);
    }

    /// <summary>Notes that the actor has read what was in its mailbox.</summary>
    public void Pumped() => _isPumpQueued = false;

    /// <summary>Adds a connection, which carries requests from now on.</summary>
    public void Join(NbdLink link)
    {
        link.Attach(_actor, _core);
        _connections.Add(link);
    }

    /// <summary>Begins to write the kept writes again, before anything else.</summary>
    public void BeginReplay() => _ledger.BeginReplay();

    /// <summary>Sends writes of the replay, as many as possible now.</summary>
    /// <returns>True if all of it has been answered.</returns>
    public bool Replay() => _flow.Replay();

    /// <summary>Sends waiting requests, as many as possible now.</summary>
    public void Serve() => _flow.Serve();

    public void Flush() => _connections.Flush();

    /// <summary>Opens another connection if there is work for it.</summary>
    public void ConsiderSpare() => _spares.Consider(_connections);

    public void Opened(SpareOpened opened) => _spares.Opened(opened, _flow.Sent);

    public void Refused(SpareRefused refused) => _spares.Refused(refused);

    /// <summary>Takes the results of the connections.</summary>
    public SessionNews Settle(bool isReplaying)
    {
        var before = _connections.Count;
        var isAny = _flow.Settle();
        if (_connections.Count == before)
            return isAny | TryJoin() ? SessionNews.Some : SessionNews.None;
        // The writes of the replay so far may be in a lost cache, too: the replay restarts with a new session.
        if (isReplaying)
            _connections.Break("another connection of the session was lost before all writes were written again");
        if (_connections.Count == 0)
            return SessionNews.Ended;
        _spares.GiveUp();
        return SessionNews.Some;
    }

    private bool TryJoin()
    {
        if (_spares.Admit(_flow.Answered) is not { } link)
            return false;
        Join(link);
        return true;
    }

    /// <summary>Resets the state after the session has ended. The requests stay.</summary>
    public void Reset()
    {
        _spares.Reset();
        _ledger.ServerLost();
    }

    /// <summary>Checks the requests in flight periodically, while there are any.</summary>
    public void Watch(ITimerScheduler timers)
    {
        var timeout = _core.Options.RequestTimeout;
        if (_isTicking || timeout <= TimeSpan.Zero || _connections.InFlight == 0)
            return;
        _isTicking = true;
        timers.StartPeriodicTimer(DeviceTimer.Tick, DeviceTimer.Tick, timeout / NbdLink.Ticks);
    }

    public void Tick(ITimerScheduler timers)
    {
        if (_connections.InFlight > 0)
        {
            _connections.Tick(_core.Options.RequestTimeout);
            return;
        }
        _isTicking = false;
        timers.Cancel(DeviceTimer.Tick);
    }

    /// <summary>Answers waiting and future requests. Requests in flight are answered when the streams have stopped reading their memory.</summary>
    public void End(IoError error)
    {
        _spares.Stop();
        _flow.End(error);
        _connections.Close();
    }

    /// <summary>Ends everything after the actor is gone.</summary>
    public void Abandon()
    {
        _spares.Stop();
        _flow.Abandon();
    }
}

/// <summary>Sent to the actor behind requests, so that they are sent together.</summary>
internal sealed class PumpNow : LinkedMessage;
