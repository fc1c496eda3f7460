using System.Security.Authentication;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Transport;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>
/// One client: the negotiation, then its requests, many at once.
/// </summary>
/// <remarks><code>
///  negotiating ──▶ transmitting ──▶ leaving: what has begun is answered ──▶ stopped
///        │              └─────────▶ broken:  what has begun ends unanswered ──▶ stopped
///        └──▶ stopped
/// </code>
/// Invariants: a request is answered once, in whatever order they end; memory of an I/O is lent until the device has completed it; the actor stops
/// when nothing of it is on its way, so that nothing of a client that is gone changes a device later.
/// </remarks>
internal sealed partial class ConnectionActor : UntypedActor, IIoOwner, IWithTimers
{
    private readonly ConnectionContext _context;
    private readonly Wire _wire;
    private readonly IoWorkers _workers;
    private readonly ConnectionMemory _memory;
    private readonly MemoryWaiter _waiter;
    private Negotiated? _negotiated;
    private string? _refusal;       // why the negotiation was ended from here
    private bool _isLeaving;        // the server says goodbye
    private bool _isBroken;

    public ConnectionActor(ConnectionContext context, TransportConnection connection)
    {
        _context = context;
        _wire = new Wire(connection);
        _workers = new IoWorkers(Context, context.Settings.MaxIos, endsAtOnce: true);
        _waiter = new MemoryWaiter(Self);
        _memory = new ConnectionMemory(context.Memory, context.Settings.PieceSize, context.Memory.Bound / 4, _waiter);
        var self = Self;
        (_later, _soon) = (new Later(self), new Soon(self));
        _inputReady = new InputReady(self);
        _onInput = () =>
        {
            if (_isGreedy)
                EngineThread.Yield(_inputReady);
            else
                _inputReady.Run();
        };
        _onOutput = () => self.Tell(_outputDone, ActorRefs.NoSender);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private ILoggingAdapter Log { get; } = Context.GetLogger();

    public static Props Props(ConnectionContext context, TransportConnection connection) =>
        LocalProps.Of(() => new ConnectionActor(context, connection), context.Settings.Dispatcher);

    protected override void PreStart()
    {
        Timers.StartSingleTimer(typeof(HandshakeTimedOut), HandshakeTimedOut.Instance, _context.Settings.HandshakeTimeout);
        var negotiation = new Negotiation(_wire, _context.Exports, _context.Tls, _context.RequireTls);
        // Begun on this thread, so that it waits in this thread's ring.
        negotiation.RunAsync().PipeTo(Self, success: static agreed => new NegotiationEnded(agreed, null), failure: static wrong => new NegotiationEnded(null, wrong));
    }

    protected override void PostStop()
    {
        _memory.Leave();
        if (_negotiated?.Export is { } export)
        {
            Publish();
            export.Leave(isQuiet: _ios == 0);
        }
        Close();
    }

    // Does not wait for the client, and cannot fail in a way that somebody would have to know of.
    private void Close() => _ = _wire.CloseAsync().AsTask();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeviceIo io:
                _workers.Ended(io);
                break;
            case InputReady:
                LookAtClock();
                TakeRead();
                break;
            case OutputDone:
                Sent();
                break;
            case SendNow:
                Send();
                break;
            case Soon:
                _goesOnSoon = false;
                break;
            case Later:
                (_goesOnLater, _bytesThisTurn) = (false, 0);
                break;
            case MemoryWaiter:
                break;      // the pump takes what it got
            case NegotiationEnded ended:
                Agreed(ended);
                break;
            case LeaveConnection:
                Leave();
                break;
            case LeaveExport leave:
                if (_negotiated?.Export == leave.Export)
                    Leave();
                break;
            case DropExport drop:
                if (_negotiated?.Export == drop.Export)
                    Drop("the export was removed, and it has not taken its answers");
                break;
            case DropConnection when _negotiated?.Export is not null:
                Drop("the server stops, and it has not taken its answers");
                break;
            case DropConnection:
                EndNegotiation("the server stops");
                break;
            case HandshakeTimedOut:
                EndNegotiation($"it has not agreed on an export within {_context.Settings.HandshakeTimeout}");
                break;
            default:
                Unhandled(message);
                return;
        }
        Pump();
    }

    private void Agreed(NegotiationEnded ended)
    {
        Timers.CancelAll();
        _negotiated = ended.Agreed;
        if (ended.Agreed?.Export is not { } export)
        {
            if (ended.Wrong is { } wrong)
                Log.Log(wrong is UntrustedClientException ? LogLevel.WarningLevel : LogLevel.InfoLevel, null, "Client {0} is turned away: {1}.", _context.Client, _refusal ?? Why(wrong));
            Context.Stop(Self);
            return;
        }
        if (!export.TryEnter())
        {
            _negotiated = null;
            Log.Info("Client {0} is turned away: export '{1}' was removed, or the server stops.", _context.Client, export.Name);
            Context.Stop(Self);
            return;
        }
        _input = _wire.Input;
        _output = _wire.Output;
    }

    // Removed, or the server stops: what has begun is answered.
    private void Leave()
    {
        _isLeaving = true;
        if (_negotiated?.Export is null)
            EndNegotiation("the server stops");
        else if (_current is null)
            _wire.EndInput();
    }

    private void EndNegotiation(string why)
    {
        _refusal ??= why;
        _wire.Shutdown();
    }

    // The caller that waits for the device learns what has not ended.
    private void Drop(string why)
    {
        Break(why, LogLevel.WarningLevel);
        if (_ios > 0)
            Context.Parent.Tell(new ConnectionHangs(Self, Export, $"client {_context.Client}: {Oldest()}"));
    }

    private void Break(string why, LogLevel level)
    {
        if (_isBroken)
            return;
        Log.Log(level, null, "Client {0} of export '{1}' is dropped: {2}.", _context.Client, _negotiated!.Export!.Name, why);
        _isBroken = true;
        _memory.Leave();
        Close();        // whatever waits for the client waits no longer
    }

    /// <summary>Goes on with everything that can go on.</summary>
    private void Pump()
    {
        if (_negotiated?.Export is null)
            return;
        Requests();
        if (_ios == 0)
            Send();         // nobody else is about to answer
        else
            SendSoon();
        if (_isBroken
            ? _ios == 0 && !_isReading && !_isSending
            : (_isInputEnded || _isLeaving) && _active == 0 && !_isReading && !HasOutput && !HasRequests)
        {
            Context.Stop(Self);
        }
    }

    private static bool IsGone(Exception exception) => exception is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException;

    private static string Why(Exception wrong) => wrong switch
    {
        AuthenticationException => "TLS failed: " + ForeignText.Phrase((wrong.InnerException ?? wrong).Message),
        _ => ForeignText.Phrase(wrong.Message),
    };

    private sealed class HandshakeTimedOut : INoSerializationVerificationNeeded
    {
        public static HandshakeTimedOut Instance { get; } = new();
    }

    private sealed record NegotiationEnded(Negotiated? Agreed, Exception? Wrong) : INoSerializationVerificationNeeded;
}

/// <summary>The connection takes no more requests, answers those that have begun, and ends.</summary>
internal sealed class LeaveConnection : INoSerializationVerificationNeeded
{
    public static LeaveConnection Instance { get; } = new();
}

/// <summary>The connection ends now; what has begun on the device ends unanswered.</summary>
internal sealed class DropConnection : INoSerializationVerificationNeeded
{
    public static DropConnection Instance { get; } = new();
}

/// <summary>What the connections of a server have in common, and who this one is.</summary>
internal sealed record ConnectionContext(NbdServerSettings Settings, ExportTable Exports, SharedMemory Memory, NbdTls? Tls, bool RequireTls, string Client);
