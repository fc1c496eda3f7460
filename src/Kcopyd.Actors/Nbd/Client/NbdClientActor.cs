using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// The one serialized world of an NBD device: it owns the connections, and every request from when it is told until it is answered.
/// </summary>
/// <remarks><code>
///  request ──▶ queue ──▶ least loaded connection ──▶ reply ──▶ kept, if it is a write to be flushed ──▶ answered
///                ▲                │ connection lost
///                └────────────────┘ and if it was the last: connect again, write again what is kept, go on
/// </code>
/// Nothing blocks here: sockets are awaited, and what comes of it is told to the actor. What is told meanwhile is sent together.
/// </remarks>
#pragma warning disable CA1001 // an actor is stopped, not disposed: see PostStop
internal sealed partial class NbdClientActor : UntypedActor, IWithTimers
#pragma warning restore CA1001
{
    private readonly NbdClientCore _core;
    private readonly MessageDispatcher _dispatcher = Context.Dispatcher;
    private readonly List<NbdLink> _links;
    private readonly PumpNow _pump = new();
    private RequestQueue _queue;
    private State _state = State.Serving;
    private IoError _failure;       // why everything fails, in State.Failed
    private bool _isPumpTold;
    private bool _hasBroken;        // a connection is to be buried

    public NbdClientActor(NbdClientCore core, List<NbdLink> links)
    {
        _core = core;
        _links = links;
        _keeps = core.KeepsWrites;
    }

    private enum State
    {
        Serving,
        /// <summary>There is a session, and what is kept is written again before anything else is sent.</summary>
        Replaying,
        /// <summary>There is none.</summary>
        Lost,
        /// <summary>For good.</summary>
        Failed,
        Closing,
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private ILoggingAdapter Log { get; } = Context.GetLogger();

    public static Props Props(NbdClientCore core, List<NbdLink> links) =>
        Akka.Actor.Props.Create(() => new NbdClientActor(core, links)).On("kcopyd.dispatcher");

    protected override void PreStart()
    {
        if (_core.IsGone)
        {
            Context.Stop(Self);     // restarted after a bug: its requests were told so, and the connections are closed
            return;
        }
        foreach (var link in _links)
            link.Attach(Self, _core, Completed);
        _links.ForEach(StartReading);
        while (_hasBroken)
            BuryBroken();       // lost since it was opened
    }

    protected override void PostStop()
    {
        _core.Leave();
        _connecting?.Cancel();
        foreach (var link in _links)
        {
            link.SayGoodbye();
            link.Close();
            while (link.TakeUnanswered() is { } request)
            {
                if (request != link.Sending)
                    request.Close(request.Id);
            }
            // What the stream still writes from is answered when it does not any more: see LinkWritten.
            if (link is { Sending: { } sending, IsWriting: false })
                sending.Close(sending.Id);
            else if (link.IsWriting && link.WritePending.IsCompleted)
                link.Written.Give();
        }
        while ((_queue.Take() ?? _held.Take()) is { } request)
            request.Close(request.Id);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NbdRequest request:
                Take(request);
                break;
            case LinkRead read:
                WasRead(read.Link);
                Pump();
                break;
            case LinkWritten written:
                WasWritten(written.Link);
                Pump();
                break;
            case PumpNow:
                _isPumpTold = false;
                Pump();
                break;
            case SessionOpened opened:
                Opened(opened.Links);
                break;
            case SessionRefused refused:
                Refused(refused.Reason);
                break;
            case Retry:
                Connect();
                break;
            case GiveUp:
                LimitReached();
                break;
            case CloseDevice:
                Close();
                break;
            default:
                Unhandled(message);
                return;
        }
        while (_hasBroken)
            BuryBroken();
    }

    private void Take(NbdRequest request)
    {
        if (_state is State.Failed or State.Closing)
        {
            Answer(request, IoResult.Failure(_state == State.Failed ? _failure : IoError.Closed));
            return;
        }
        _queue.Add(request);
        if (_state is State.Lost or State.Replaying && !_isLimitRunning)
            StartLimit();
        if (_isPumpTold)
            return;
        // Behind what is in the mailbox: all that goes out together.
        _isPumpTold = true;
        Self.Tell(_pump, ActorRefs.NoSender);
    }

    /// <summary>A request is over, by the server's answer.</summary>
    private void Finish(NbdRequest request)
    {
        if (request.Origin == RequestOrigin.Caller)
            HeardFromServer();
        var error = request.Error;
        Left(request);
        if (error == IoError.None && request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim && request.Origin == RequestOrigin.Caller)
            Acknowledged(request);
        else if (request.Command == NbdCommand.Flush)
            error = Flushed(request, error);
        if (request.Origin == RequestOrigin.Caller)
        {
            var bytes = error != IoError.None ? 0 : request.Command == NbdCommand.BlockStatus ? request.ExtentLength : request.Length;
            Answer(request, new IoResult(bytes, error));
            return;
        }
        if (request.Origin == RequestOrigin.Replay)
            Replayed(request, error);
        _core.Recycle(request);
    }

    private void Answer(NbdRequest request, IoResult result)
    {
        if (request.TrySettle(request.Id))
            _dispatcher.Schedule(request.Answer(result));
    }

    private sealed class PumpNow : LinkedMessage;

    private sealed record SessionOpened(List<NbdLink> Links) : INoSerializationVerificationNeeded;

    private sealed record SessionRefused(string Reason) : INoSerializationVerificationNeeded;

    private sealed record Retry : INoSerializationVerificationNeeded
    {
        public static Retry Instance { get; } = new();
    }

    private sealed record GiveUp : INoSerializationVerificationNeeded
    {
        public static GiveUp Instance { get; } = new();
    }
}

/// <summary>The handle is disposed.</summary>
internal sealed record CloseDevice : INoSerializationVerificationNeeded
{
    public static CloseDevice Instance { get; } = new();
}
