using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// One connection in the transmission phase: sends requests, reads replies, and sorts its requests into <see cref="Answered"/> and <see cref="Unanswered"/> for
/// its owner to take. Used by the device's actor only; completions of the sockets arrive as messages to that actor.
/// </summary>
/// <remarks>Invariant: a request leaves this object once, and not before the stream has stopped reading its memory.</remarks>
internal sealed class NbdLink
{
    /// <summary>Number of ticks that a request may wait, and that a long one may wait.</summary>
    public const int Ticks = 8, LongTicks = 5 * Ticks;

    private const int MaxReads = 16;        // before other messages have their turn

    private readonly Wire _transport;
    private readonly RequestTable _table;
    private readonly ReplyReader _replies;
    private readonly LinkOutput _output;
    private readonly RequestWatch _watch = new(Ticks), _longWatch = new(LongTicks);
    private readonly LinkRead _read;
    private readonly LinkWritten _written;
    private Action _onRead = null!;
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _readPending;
    private bool _isReading;                // a read message is queued, or will be
    private bool _isReadPending;            // and it brings a result
    private bool _isSendingAnswered;        // the request whose payload is being sent was answered before all of it was sent
    private int _parts;                     // value of the output's counter at the last tick

    public NbdLink(Wire transport, NbdTerms terms, int maxRequests)
    {
        (_transport, Terms, _table, _output) = (transport, terms, new RequestTable(maxRequests), new LinkOutput(transport.Output));
        _replies = new ReplyReader(_table, terms, OnAnswered);
        (_read, _written) = (new LinkRead(this), new LinkWritten(this));
    }

    public NbdTerms Terms { get; }

    /// <inheritdoc cref="Wire.EndPoint"/>
    public EndPoint? EndPoint => _transport.EndPoint;

    /// <inheritdoc cref="Wire.Process"/>
    public int? Process => _transport.Process;

    public int InFlight => _table.Count;

    /// <summary>True once the server has answered a request over this connection.</summary>
    public bool HasAnswered { get; private set; }

    public bool HasRoom => _table.Room > 0 && !_output.IsWriting && !IsBroken;

    /// <summary>Why the connection is unusable; null while it is usable.</summary>
    public string? Loss { get; private set; }

    public bool IsBroken => Loss is not null;

    /// <summary>True once the connection is broken and no I/O on the socket is pending.</summary>
    public bool IsQuiet => IsBroken && !_isReading && !_output.IsWriting;

    /// <summary>Requests that the server answered, for the owner to take.</summary>
    public LinkedQueue<NbdRequest> Answered;

    /// <summary>Requests of a broken connection that the server did not answer, for the owner to take.</summary>
    public LinkedQueue<NbdRequest> Unanswered;

    /// <summary>Sets the actor that receives the completions of the sockets.</summary>
    public void Attach(IActorRef actor, NbdClientCore core)
    {
        _onRead = () => actor.Tell(_read, ActorRefs.NoSender);
        _output.OnWritten = () =>
        {
            actor.Tell(_written, ActorRefs.NoSender);
            if (core.IsGone)
                _written.CloseSending();
        };
    }

    /// <summary>Sends a request; a short one leaves with the next <see cref="Flush"/>. There must be room.</summary>
    public void Send(NbdRequest request)
    {
        request.BeginTry();
        _output.Send(request, _table.Add(request));
        TakeSent();
    }

    /// <summary>Sends everything that is encoded, all at once.</summary>
    public void Flush()
    {
        if (IsBroken)
            return;
        _output.Flush();
        TakeSent();
    }

    /// <summary>Handles the completion of a write.</summary>
    public void Written()
    {
        _output.Written();
        TakeSent();
    }

    /// <summary>Processes what has arrived, and waits for more.</summary>
    public void Read()
    {
        var (pending, isPending) = (_readPending, _isReadPending);
        (_readPending, _isReading, _isReadPending) = (default, false, false);
        if (isPending)
            EndRead(pending);
        for (var reads = 0; reads < MaxReads; reads++)
        {
            if (IsBroken)
                return;
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
            var awaiter = _transport.Input.ReadAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            if (!awaiter.IsCompleted)
            {
                (_readPending, _isReading, _isReadPending) = (awaiter, true, true);
                awaiter.UnsafeOnCompleted(_onRead);
                return;
            }
            EndRead(awaiter);
        }
        _isReading = true;
        _onRead();
    }

    /// <summary>Ends the connection if a request has waited too long.</summary>
    /// <param name="timeout">The time that a request may wait, for the message.</param>
    public void Tick(TimeSpan timeout)
    {
        if (_output.Sending is { } sending && _output.Parts != _parts)
            _table.RecordActivity(sending);
        _parts = _output.Parts;
        var active = _table.TakeActivity();
        var late = Late(_watch, isLong: false) ?? Late(_longWatch, isLong: true);
        if (late is not null)
            Break($"it has not answered {late.Command} within {(late.IsLong ? LongTicks / Ticks * timeout : timeout).TotalSeconds:0.###} s");

        NbdRequest? Late(RequestWatch watch, bool isLong)
        {
            var oldest = _table.Oldest(isLong);
            return watch.Tick(oldest?.Number ?? 0, _table.Latest, active) ? oldest : null;
        }
    }

    /// <summary>Ends the connection immediately; data that has not left this machine is dropped. Its requests become <see cref="Unanswered"/>, now or when the
    /// stream has stopped reading their memory.</summary>
    public void Break(string reason) => End(reason, isOrderly: false);

    /// <summary>Ends the connection, and notifies the server if nothing is in flight.</summary>
    public void Close()
    {
        var isIdle = InFlight == 0 && _output.Sending is null;
        if (isIdle && !IsBroken)
            _output.SendDisconnect();
        End("the device is closed", isIdle);
    }

    /// <summary>Releases the resources of a quiet connection.</summary>
    public void Release()
    {
        _transport.Input.Complete();
        _transport.Output.Complete(new IOException("The connection is closed."));     // an error, so that nothing more is written
    }

    /// <summary>Ends everything after the actor is gone. A request whose memory the stream still reads is answered when the stream stops: see
    /// <see cref="LinkWritten"/>.</summary>
    public void Abandon()
    {
        Close();
        while ((Answered.Take() ?? Unanswered.Take()) is { } request)
            request.Close(request.Id);
        if (!_output.IsWriting || _output.IsWritten)
            _written.CloseSending();
    }

    internal void CloseSending() => _output.Sending?.Close(_output.Sending.Id);

    private void End(string reason, bool isOrderly)
    {
        if (IsBroken)
            return;
        Loss = reason;
        _output.Stop(reason);
        if (isOrderly)
            _transport.Close();
        else
            _transport.Reset();
        while (_table.TakeAny() is { } request)
        {
            if (request != _output.Sending)
                Unanswered.Add(request);
        }
        TakeSent();
    }

    // Handles the outcome of the writes.
    private void TakeSent()
    {
        if (_output.Failure is { } failure)
            End(failure, isOrderly: false);
        var isAnswered = _isSendingAnswered;
        if (_output.TakeSent() is not { } sent)
            return;
        _isSendingAnswered = false;
        if (isAnswered)
            Answered.Add(sent);
        else if (IsBroken)
            Unanswered.Add(sent);
    }

    private void EndRead(ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter read)
    {
        try
        {
            var result = read.GetResult();
            if (IsBroken)
                return;
            var rest = _replies.Take(result.Buffer);
            _transport.Input.AdvanceTo(rest.Start, rest.End);
            if (result.IsCompleted)
                Break("it closed the connection");
        }
        catch (ReplyException broken)
        {
            if (broken.Request is { } request)
            {
                request.Error = IoError.NoDevice;
                OnAnswered(request);
            }
            if (broken.IsShutdown)
                _output.SendDisconnect();       // the protocol requires it
            End(broken.Message, isOrderly: broken.IsShutdown);
        }
        catch (Exception lost) when (Wire.IsLoss(lost))
        {
            Break(lost.Message);
        }
    }

    private void OnAnswered(NbdRequest request)
    {
        HasAnswered = true;
        _table.Remove(request);
        if (_output.Sending == request)
            _isSendingAnswered = true;      // an error before all of it was sent: the stream still reads its memory
        else
            Answered.Add(request);
    }
}
