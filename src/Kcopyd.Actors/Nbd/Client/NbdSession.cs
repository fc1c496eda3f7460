using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>What has become of a session.</summary>
internal enum SessionNews
{
    None,
    /// <summary>Requests were answered, or a connection came or went.</summary>
    Some,
    /// <summary>The last connection is lost.</summary>
    Ended,
}

/// <summary>
/// The connections to one life of the server, and the requests of the device, which outlive it. Used by the device's actor only.
/// </summary>
/// <remarks>Nothing blocks here: sockets are awaited, and their results are sent to the actor. All requests that are in the mailbox go out
/// together.</remarks>
internal sealed class NbdSession
{
    private readonly NbdClientCore _core;
    private readonly IActorRef _actor;
    private readonly NbdConnections _connections;
    private readonly UnflushedLedger _ledger;
    private readonly RequestFlow _flow;
    private readonly SpareConnections _spares;
    private readonly PumpNow _pump = new();
    private bool _isPumpTold;
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

    /// <summary>Requests of callers that the server answered.</summary>
    public long Heard => _flow.Heard;

    /// <summary>True while a caller's request waits to be sent.</summary>
    public bool HasWaiting => _flow.HasWaiting;

    /// <summary>True if acknowledged writes may not be on the server's medium.</summary>
    public bool HasUnflushed => _ledger.HasUnflushed;

    /// <summary>Requests of the replay that were sent.</summary>
    public int Replayed => _ledger.Replayed;

    /// <summary>Why the last connection that was lost was lost.</summary>
    public string Loss => _connections.Loss;

    /// <summary>True if there is nothing left of any connection.</summary>
    public bool IsGone => _connections.AreGone;

    /// <summary>Takes a request. It is sent behind what is in the mailbox: all that goes out together.</summary>
    public void Take(NbdRequest request)
    {
        _flow.Add(request);
        if (_isPumpTold)
            return;
        _isPumpTold = true;
        _actor.Tell(_pump, ActorRefs.NoSender);
    }

    /// <summary>The actor has come to the end of what was in its mailbox.</summary>
    public void Pumped() => _isPumpTold = false;

    /// <summary>A connection carries requests from now on.</summary>
    public void Join(NbdLink link)
    {
        link.Attach(_actor, _core);
        _connections.Add(link);
    }

    /// <summary>What is kept is to be written again, before anything else.</summary>
    public void BeginReplay() => _ledger.BeginReplay();

    /// <summary>Sends what is to be written again, as far as it can be now.</summary>
    /// <returns>True if all of it has been answered.</returns>
    public bool Replay() => _flow.Replay();

    /// <summary>Sends what waits, as far as it can be sent now.</summary>
    public void Serve() => _flow.Serve();

    public void Flush() => _connections.Flush();

    /// <summary>Opens another connection if there is work for it.</summary>
    public void ConsiderSpare() => _spares.Consider(_connections);

    public void Opened(SpareOpened opened) => _spares.Opened(opened, _flow.Sent);

    public void Refused(SpareRefused refused) => _spares.Refused(refused);

    /// <summary>Takes what the connections bring.</summary>
    public SessionNews Settle(bool isReplaying)
    {
        var before = _connections.Count;
        var isAny = _flow.Settle();
        if (_connections.Count == before)
            return isAny | TryJoin() ? SessionNews.Some : SessionNews.None;
        // What was written again so far may be in a cache that is gone, too: it begins anew, with a new session.
        if (isReplaying)
            _connections.Break("another connection of the session was lost before all was written again");
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

    /// <summary>It has ended. The requests stay.</summary>
    public void Reset()
    {
        _spares.Reset();
        _ledger.ServerLost();
    }

    /// <summary>Looks now and then at the requests in flight, while there are any.</summary>
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

    /// <summary>Answers what waits and everything that comes. What is in flight is answered when the streams have stopped reading its memory.</summary>
    public void End(IoError error)
    {
        _spares.Stop();
        _flow.End(error);
        _connections.Close();
    }

    /// <summary>The actor is gone.</summary>
    public void Abandon()
    {
        _spares.Stop();
        _flow.Abandon();
    }
}

/// <summary>What is told behind requests, so that they go out together.</summary>
internal sealed class PumpNow : LinkedMessage;
