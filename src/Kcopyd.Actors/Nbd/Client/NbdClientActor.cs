using Akka;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Serializes all work of an NBD device: it tracks whether there is a server, and owns the connections and the requests
/// (<see cref="NbdSession"/>).</summary>
/// <remarks><code>
///  Opening ──Found──▶ Serving, or ──NotFound, CancelOpening──▶ stopped
///
///  Serving ──LostSession──▶ Lost ──Found──▶ Replaying ──Work──▶ Serving    kept writes are written again, before anything else
///                            ▲                  │
///                            └───LostSession────┘
///  any ──Fail──▶ Failed                                                    permanent: the limit has passed, or the export has changed
///  any ──Close──▶ Closing ──Work──▶ stopped                                when no I/O is pending any more, or at the limit
/// </code></remarks>
internal sealed class NbdClientActor : UntypedActor, IWithTimers
{
    // Time for closed streams to stop reading callers' memory, which sockets do immediately.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly NbdClientCore _core;
    private readonly DeviceNews _news;
    private readonly NbdSession _session;
    private ServerSearch _search = null!;
    private ServerLoss _loss = null!;
    private State _state = State.Opening;
    private long _answeredCalls;    // value of the session's counter at the last check

    public NbdClientActor(NbdClientCore core)
    {
        var log = Context.GetLogger();
        _core = core;
        _news = new DeviceNews(core, Context.System.EventStream, log);
        _session = new NbdSession(core, Context, log);
    }

    private enum State
    {
        Opening,
        Serving,
        Replaying,
        Lost,
        Failed,
        Closing,
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private NbdClientOptions Options => _core.Options;

    public static Props Props(NbdClientCore core) =>
        LocalProps.Of(() => new NbdClientActor(core), core.Options.Dispatcher);

    protected override void PreStart()
    {
        _search = new ServerSearch(_core, Self, Context.Dispatcher, Timers);
        _loss = new ServerLoss(Options.ReconnectLimit, Timers);
        if (_core.IsGone)
            Context.Stop(Self);     // restarted after a bug: its requests are answered, and the connections are closed
        else
            _search.Try();
    }

    protected override void PostStop()
    {
        _core.Leave();
        _core.Opened.SetException(new NbdException(NbdFailure.Disconnected, $"{_core.Name} was not opened: its actor was stopped."));
        _search?.Stop();
        _session.Abandon();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NbdRequest request:
                _session.Take(request);
                if (_state is State.Lost or State.Replaying)
                    _loss.Await();
                return;
            case LinkRead read:
                read.Link.Read();
                break;
            case LinkWritten written:
                written.Link.Written();
                break;
            case PumpNow:
                _session.Pumped();
                break;
            case ServerFound found:
                Found(found.Link);
                break;
            case ServerNotFound notFound:
                NotFound(notFound.Cause);
                break;
            case SpareOpened opened:
                _session.Opened(opened);
                break;
            case SpareRefused refused:
                _session.Refused(refused);
                break;
            case DeviceTimer timer:
                On(timer);
                break;
            case CloseDevice:
                Close();
                break;
            case CancelOpening cancel:
                if (_state == State.Opening)
                    EndOpening(new OperationCanceledException(cancel.Token));
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
            _session.Tick(Timers);
        else if (timer == DeviceTimer.Retry && _state == State.Lost)
            _search.Try();
        else if (timer == DeviceTimer.Limit)
            LimitReached();
        else if (timer == DeviceTimer.Settled)
            Regained();
        else if (timer == DeviceTimer.Close)
            Context.Stop(Self);     // requests whose memory is still read are answered later: see PostStop
    }

    /// <summary>Takes results from the connections and sends what can be sent, until there is neither.</summary>
    private void Work()
    {
        Settle();
        do
        {
            if (_state == State.Replaying && _session.Replay())
            {
                _state = State.Serving;
                _loss.Settle();
            }
            if (_state == State.Serving)
                _session.Serve();
            _session.Flush();
        }
        while (Settle());
        if (_state == State.Serving)
            _session.ConsiderSpare();
        if (_state == State.Closing && _session.IsGone)
            Context.Stop(Self);
        _session.Watch(Timers);
    }

    /// <returns>True if anything changed.</returns>
    private bool Settle()
    {
        var news = _session.Settle(_state == State.Replaying);
        if (_session.AnsweredCalls > _answeredCalls)
            Regained();
        if (news == SessionNews.Ended)
            LostSession();
        return news != SessionNews.None;
    }

    private void LostSession()
    {
        if (_state is not (State.Serving or State.Replaying))
            return;
        _session.Reset();
        if (Options.ReconnectLimit == TimeSpan.Zero)
        {
            Fail(_session.Loss);
            return;
        }
        _state = State.Lost;
        if (_loss.Begin(_session.Loss))
        {
            _search.Restart();
            _news.Lost(_loss.Reason);
        }
        _search.TryNext();
    }

    private void NotFound(Exception cause)
    {
        if (_state == State.Opening)
            EndOpening(cause);
        if (_state != State.Lost)
            return;
        _loss.Reason = cause.Message;
        _news.NotFound(cause.Message);
        _search.TryNext();
    }

    private void Found(NbdLink link)
    {
        if (_state == State.Opening)
        {
            _core.Terms = link.Terms;
            _state = State.Serving;
            _news.Opened();
            _session.Join(link);
            _core.Opened.SetResult(Done.Instance);
        }
        else if (_state != State.Lost)
        {
            link.Break("the device no longer waits for it");
        }
        else if (_core.Terms.WhyNot(link.Terms, _core.IsReadOnly) is { } reason)
        {
            link.Break("the export has changed");
            Fail($"the server is back, but the export has changed: {reason}");
        }
        else
        {
            _state = State.Replaying;
            _session.BeginReplay();
            _session.Join(link);
        }
    }

    private void EndOpening(Exception cause)
    {
        _core.Opened.SetException(cause);
        Context.Stop(Self);
    }

    private void LimitReached()
    {
        if (_state == State.Serving)
            Regained();     // the server is there, but slow
        else if (_loss.IsOver(_session.HasWaiting, _state == State.Replaying ? _session.Replayed : 0))
            Fail($"the server has not come back within {Options.ReconnectLimit.TotalSeconds:0.###} s ({_loss.Reason})");
    }

    // The server has answered a request since it was lost, or has not been lost again for a while.
    private void Regained()
    {
        _answeredCalls = _session.AnsweredCalls;
        if (_state == State.Serving && _loss.End())
            _news.Regained();
    }

    /// <summary>Fails the device permanently.</summary>
    private void Fail(string reason)
    {
        _state = State.Failed;
        _news.Failed(reason, _session.HasUnflushed);
        End(IoError.NoDevice);
    }

    private void Close()
    {
        _state = State.Closing;
        _core.State = NbdDeviceState.Closed;
        End(IoError.Closed);
        Timers.StartSingleTimer(DeviceTimer.Close, DeviceTimer.Close, CloseLimit);
    }

    private void End(IoError error)
    {
        Timers.CancelAll();
        _search.Stop();
        _session.End(error);
    }
}
