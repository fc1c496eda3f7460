using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Transport;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>
/// Serves one client: the negotiation, then its requests, many of them concurrently.
/// </summary>
/// <remarks><code>
///  Negotiating ──Agree──▶ Transmitting ──Leave──▶ Leaving ──────▶ stopped, once all started requests are answered (IsDone)
///        │                     ├───────────────────────┼────────▶ stopped, once the client has disconnected, likewise
///        │                     └────────Break──────────┴─▶ Broken ──▶ stopped, once all started I/Os have completed, unanswered
///        └──Refuse──▶ stopped
/// </code>
/// Data flows one way: <see cref="ClientInput"/> → <see cref="RequestPump"/> → <see cref="RequestIos"/> → <see cref="ReplyWriter"/>.
/// <see cref="ConnectionTurn"/> limits how much may start, <see cref="ConnectionMemory"/> lends memory, and <see cref="ConnectionFault"/> records why the
/// connection is broken. Invariants: a request is answered once, in any order; the memory of an I/O is lent until the device has completed it; the actor stops
/// when none of its I/Os is in flight, so that a client that is gone cannot change a device later.
/// </remarks>
internal sealed class ConnectionActor : UntypedActor, IWithTimers
{
    private readonly ConnectionContext _context;
    private readonly Wire _wire;
    private readonly IoWorkers _workers;
    private readonly ConnectionFault _fault = new();
    private readonly ConnectionTurn _turn;
    private readonly ConnectionMemory _memory;
    private readonly ActiveRequests _requests;
    private ExportCore? _export;            // in use; the next three are created with it
    private ClientInput _input = null!;
    private RequestPump _pump = null!;
    private ReplyWriter _replies = null!;
    private string? _refusal;               // why the server ended the negotiation
    private State _state;

    public ConnectionActor(ConnectionContext context, TransportConnection connection)
    {
        _context = context;
        _wire = new Wire(connection);
        _workers = new IoWorkers(Context, context.Settings.MaxIos, endsAtOnce: true);
        _turn = new ConnectionTurn(context.Settings.PieceSize, Context.System.Scheduler, new Later(Self), new Soon(Self));
        _memory = new ConnectionMemory(context.Memory, context.Settings.PieceSize, context.Memory.Bound / 4, new MemoryWaiter(Self));
        _requests = new ActiveRequests(_memory);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private ILoggingAdapter Log { get; } = Context.GetLogger();

    public static Props Props(ConnectionContext context, TransportConnection connection) =>
        LocalProps.Of(() => new ConnectionActor(context, connection), context.Settings.Dispatcher);

    protected override void PreStart()
    {
        Timers.StartSingleTimer(typeof(HandshakeTimedOut), HandshakeTimedOut.Instance, _context.Settings.HandshakeTimeout);
        var negotiation = new Negotiation(_wire, _context.Exports, _context.Tls, _context.RequireTls);
        // Started on this thread, so that it waits in this thread's ring.
        negotiation.RunAsync().PipeTo(Self, success: static agreed => new NegotiationEnded(agreed, null),
            failure: static wrong => new NegotiationEnded(null, wrong));
    }

    protected override void PostStop()
    {
        _memory.Leave();
        if (_export is { } export)
        {
            _replies.Publish();
            export.Leave(isQuiet: _requests.InDevice == 0);
        }
        Close();
    }

    // Does not wait for the client, and has no failure that must be reported.
    private void Close() => _ = _wire.CloseAsync().AsTask();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case InputReady:
                _turn.LookAtClock();
                _input.TakeRead();
                break;
            case OutputSent:
                _replies.Sent();
                break;
            case SendNow:
                _replies.Send();
                break;
            case Soon:
                _turn.Resume();
                break;
            case Later:
                _turn.BeginNext();
                break;
            case MemoryWaiter:
                break;      // the pump takes the memory
            case NegotiationEnded ended:
                Timers.CancelAll();
                if (ended.Agreed?.Export is { } export && export.TryEnter())
                    Agree(export, ended.Agreed);
                else
                    Refuse(ended);
                break;
            case LeaveConnection:
                Leave();
                break;
            case LeaveExport leave:
                if (_export == leave.Export)
                    Leave();
                break;
            case DropExport drop:
                if (_export == drop.Export)
                    Drop("the export was removed, and it did not read its replies in time");
                break;
            case DropConnection when _state == State.Negotiating:
                EndNegotiation("the server is stopping");
                break;
            case DropConnection:
                Drop("the server is stopping, and it did not read its replies in time");
                break;
            case HandshakeTimedOut:
                EndNegotiation($"it did not choose an export within {_context.Settings.HandshakeTimeout}");
                break;
            default:
                Unhandled(message);
                return;
        }
        if (_state != State.Negotiating)
            Proceed();
    }

    private void Agree(ExportCore export, Negotiated negotiated)
    {
        _export = export;
        _state = State.Transmitting;
        var self = Self;
        var (inputReady, outputSent, sendNow) = (new InputReady(self), new OutputSent(), new SendNow());
        _input = new ClientInput(_wire.Input, _fault, () =>
        {
            if (_turn.IsGreedy)
                EngineThread.Yield(inputReady);
            else
                inputReady.Run();
        });
        _replies = new ReplyWriter(_wire.Output, negotiated, _requests, _memory, _fault,
            () => self.Tell(sendNow, ActorRefs.NoSender), () => self.Tell(outputSent, ActorRefs.NoSender));
        var ios = new RequestIos(export.Device, _requests, _memory, _turn, _replies, _fault, _workers);
        _pump = new RequestPump(_input, _turn, _memory, _requests, ios, negotiated, _context.Settings, _fault);
        if (_refusal is not null)
            Leave();        // the negotiation ended just after the request to leave
    }

    private void Refuse(NegotiationEnded ended)
    {
        if (ended.Agreed?.Export is { } closed)
            Log.Info("Client {0} is turned away: export '{1}' was removed, or the server is stopping.", _context.Client, closed.Name);
        else if (ended.Wrong is { } wrong)
            Log.Log(wrong is UntrustedClientException ? LogLevel.WarningLevel : LogLevel.InfoLevel, null, "Client {0} is turned away: {1}.",
                _context.Client, _refusal ?? ConnectionFault.Describe(wrong));
        Context.Stop(Self);
    }

    private void EndNegotiation(string why)
    {
        if (_state != State.Negotiating)
            return;
        _refusal ??= why;
        _wire.Shutdown();
    }

    // The export is removed, or the server stops: all started requests are answered.
    private void Leave()
    {
        if (_state == State.Negotiating)
            EndNegotiation("the server is stopping");
        if (_state != State.Transmitting)
            return;
        _state = State.Leaving;
        if (!_pump.IsInRequest)
            _wire.EndInput();
    }

    // Reports the requests that are still in the device to the caller that waits for it.
    private void Drop(string why)
    {
        _fault.Report(why, LogLevel.WarningLevel);
        if (_requests.InDevice > 0)
            Context.Parent.Tell(new ConnectionHangs(Self, _export!, $"client {_context.Client}: {_requests.DescribeOldest()}"));
    }

    private void Break()
    {
        _state = State.Broken;
        Log.Log(_fault.Level, null, "Client {0} of export '{1}' is dropped: {2}.", _context.Client, _export!.Name, _fault.Reason);
        _memory.Leave();
        Close();        // ends all waits for the client
    }

    /// <summary>Starts and sends everything that is ready.</summary>
    private void Proceed()
    {
        _pump.Run(takesNew: _state == State.Transmitting);
        if (_requests.InDevice == 0)
            _replies.Send();        // no other reply is due
        else
            _replies.SendSoon();
        if (_fault.IsBroken && _state != State.Broken)
            Break();
        if (IsDone())
            Context.Stop(Self);
    }

    private bool IsDone()
    {
        if (_input.IsReading)
            return false;
        return _state switch
        {
            State.Broken => _requests.InDevice == 0 && !_replies.IsSending,
            State.Leaving => _requests.Count == 0 && !_replies.HasOutput,
            _ => _input.IsEnded && _requests.Count == 0 && !_replies.HasOutput && !_pump.HasRequest,
        };
    }

    private enum State
    {
        Negotiating,
        Transmitting,
        Leaving,
        Broken,
    }
}

/// <summary>What the connections of a server share, and the name of this client.</summary>
internal sealed record ConnectionContext(NbdServerSettings Settings, ExportTable Exports, SharedMemory Memory, NbdTls? Tls, bool RequireTls, string Client);
