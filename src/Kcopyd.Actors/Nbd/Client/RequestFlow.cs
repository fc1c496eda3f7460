using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Tracks every request from when the actor takes it until it is answered: waiting, sent, lost with a connection and waiting again. Used by the device's actor
/// only.
/// </summary>
/// <remarks><code>
///  request ──▶ waiting ──▶ least loaded connection ──▶ reply ──▶ ledger, if it is a write to be flushed ──▶ answered
///                 ▲                 │ connection lost
///                 └─────────────────┘
/// </code></remarks>
internal sealed class RequestFlow(NbdClientCore core, NbdConnections connections, UnflushedLedger ledger, Action<IRunnable> schedule, ILoggingAdapter log)
{
    private const int MaxAttempts = 8;      // of one request: it may be what crashes the server

    private LinkedQueue<NbdRequest> _waiting;
    private LinkedQueue<NbdRequest> _held;             // writes that do not fit into the limit of kept writes
    private bool _isFlushingInBackground;
    private IoError _end;                   // the answer to all requests from now on

    /// <summary>True while a caller's request waits to be sent.</summary>
    public bool HasWaiting => _waiting.First is not null || _held.First is not null;

    /// <summary>Number of callers' requests that the server answered.</summary>
    public long AnsweredCalls { get; private set; }

    /// <summary>Number of sends of requests, repetitions included: the number of the latest request.</summary>
    public long Sent { get; private set; }

    /// <summary>The number of the latest request that was answered.</summary>
    public long Answered { get; private set; }

    /// <summary>Takes a request.</summary>
    public void Add(NbdRequest request)
    {
        if (_end == IoError.None)
            _waiting.Add(request);
        else
            Answer(request, IoResult.Failure(_end));
    }

    /// <summary>Takes the results of the connections.</summary>
    /// <returns>True if anything changed.</returns>
    public bool Settle()
    {
        var isAny = connections.Collect();
        while (connections.Answered.Take() is { } request)
            Finish(request);
        while (connections.Unanswered.Take() is { } request)
            Unanswered(request);
        return isAny;
    }

    /// <summary>Sends writes of the replay, as many as possible now.</summary>
    /// <returns>True if all of it has been answered.</returns>
    public bool Replay()
    {
        while (connections.Free() is { } link && ledger.NextReplay() is { } write)
            Send(link, write);
        return ledger.IsReplayed;
    }

    /// <summary>Sends waiting requests, as many as possible now.</summary>
    public void Serve()
    {
        while (_held.First is { } held && ledger.Fits(held) && connections.Free() is { } link)
            Send(link, _held.Take()!);
        while (_waiting.First is not null && connections.Free() is { } link)
        {
            var request = _waiting.Take()!;
            if (IsAnsweredHere(request))
                continue;
            if (ledger.Fits(request) && (_held.First is null || !UnflushedLedger.IsChange(request)))
                Send(link, request);
            else
                _held.Add(request);
        }
        if (!_isFlushingInBackground && ledger.WantsFlush(isFull: _held.First is not null) && connections.Free() is { } free)
            FlushInBackground(free);
    }

    /// <summary>Answers waiting and future requests, and those in flight when their connection has ended.</summary>
    public void End(IoError error)
    {
        _end = error;
        while ((_waiting.Take() ?? _held.Take()) is { } request)
            Answer(request, IoResult.Failure(error));
    }

    /// <summary>Ends everything after the actor is gone.</summary>
    public void Abandon()
    {
        connections.Abandon();
        while ((_waiting.Take() ?? _held.Take()) is { } request)
            request.Close(request.Id);
    }

    private void Send(NbdLink link, NbdRequest request)
    {
        request.Number = ++Sent;
        ledger.Sent(request);
        link.Send(request);
    }

    // Answers requests that this session's server, or any server, cannot answer.
    private bool IsAnsweredHere(NbdRequest request)
    {
        if (request.Command == NbdCommand.Flush && ledger.FlushError != IoError.None)
            Answer(request, IoResult.Failure(ledger.FlushError));
        else if (request.Command == NbdCommand.BlockStatus && !connections.HaveMap)
            Answer(request, IoResult.Failure(IoError.NotSupported));
        else
            return false;
        return true;
    }

    private void FlushInBackground(NbdLink link)
    {
        _isFlushingInBackground = true;
        var flush = core.Take();
        flush.Reset(NbdCommand.Flush, CommandFlags.None, 0, 0, default, RequestOrigin.Background);
        Send(link, flush);
    }

    // Handles the server's answer.
    private void Finish(NbdRequest request)
    {
        ledger.Returned(request);
        Answered = Math.Max(Answered, request.Number);
        var error = request.Error;
        if (request.Command == NbdCommand.Flush)
            error = ledger.Flushed(request, error);
        if (request.ErrorText is { } text)
            log.Debug("{0}: the server says of {1} of {2} bytes at {3}: {4} ({5})", core.Name, request.Command, request.Length, request.Offset, text, error);
        if (IsTooLong(request, error))
        {
            core.MaxChange = core.Terms.MaximumPayload;
            request.Shorten(core.Terms.Cut(request.Offset, request.Length, core.MaxChange));
            _waiting.AddFirst(request);
            return;
        }
        if (request.Origin == RequestOrigin.Caller)
        {
            AnsweredCalls++;
            if (error == IoError.None)
                ledger.Acknowledged(request);
            var bytes = error != IoError.None ? 0 : request.Command == NbdCommand.BlockStatus ? request.TakeExtent() : request.Length;
            Answer(request, new IoResult(bytes, error));
            return;
        }
        if (request.Origin == RequestOrigin.Replay)
            ledger.EndReplay(request, error);
        Recycle(request);
    }

    private bool IsTooLong(NbdRequest request, IoError error) => error is IoError.Invalid or NbdErrors.Overflow && _end == IoError.None
        && request is { Origin: RequestOrigin.Caller, Command: NbdCommand.Trim or NbdCommand.WriteZeroes } && request.Length > core.Terms.MaximumPayload;

    // Handles a request whose connection is lost.
    private void Unanswered(NbdRequest request)
    {
        ledger.Returned(request);
        if (request.Origin != RequestOrigin.Caller)
            Recycle(request);
        else if (_end != IoError.None)
            Answer(request, IoResult.Failure(_end));
        else if (++request.Attempts == MaxAttempts)
            Answer(request, IoResult.Failure(IoError.NoDevice));
        else
            _waiting.AddFirst(request);
    }

    private void Recycle(NbdRequest request)
    {
        _isFlushingInBackground &= request.Origin != RequestOrigin.Background;
        core.Recycle(request);
    }

    private void Answer(NbdRequest request, IoResult result)
    {
        if (request.TrySettle(request.Id))
            schedule(request.Answer(result));
    }
}
