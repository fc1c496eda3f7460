using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// One connection in transmission: sends requests, reads replies, and sorts its requests into <see cref="Answered"/> and <see cref="Unanswered"/>, from
/// where its owner takes them. Used by the device's actor only; what the sockets complete comes as messages to that actor.
/// </summary>
/// <remarks>Invariant: a request leaves this object once, and not before the stream has stopped writing from its memory (<see cref="_sending"/>).</remarks>
internal sealed class NbdLink
{
    private const int LongestCopied = 16 << 10;     // bytes; a longer payload goes to the stream from where it is
    private const int LongestPart = 256 << 10;      // bytes of a payload that are sent at once: each is a sign of life
    private const int MostReads = 16;               // before others have their turn

    /// <summary>Ticks in the time that a request may wait, and in that of a long one.</summary>
    public const int Ticks = 8, LongTicks = 5 * Ticks;

    private readonly NbdTransport _transport;
    private readonly RequestTable _table;
    private readonly ReplyReader _replies;
    private readonly RequestWatch _watch = new(Ticks), _longWatch = new(LongTicks);
    private readonly LinkRead _read;
    private readonly LinkWritten _written;
    private Action _onRead = null!, _onWritten = null!;
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _readPending;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _writePending;
    private bool _isReading, _isWriting;    // a message is on its way, or will be
    private bool _isReadPending;            // and it brings something
    private bool _isDirty;                  // something is encoded and not flushed
    private NbdRequest? _sending;           // whose memory the stream writes from
    private Memory<byte> _unsent;           // of that
    private bool _isSendingAnswered;        // the answer to that came already

    public NbdLink(NbdTransport transport, NbdTerms terms, int maxRequests)
    {
        (_transport, Terms, _table) = (transport, terms, new RequestTable(maxRequests));
        _replies = new ReplyReader(_table, terms, OnAnswered);
        (_read, _written) = (new LinkRead(this), new LinkWritten(this));
    }

    public NbdTerms Terms { get; }

    /// <inheritdoc cref="NbdTransport.EndPoint"/>
    public EndPoint? EndPoint => _transport.EndPoint;

    /// <inheritdoc cref="NbdTransport.Process"/>
    public int? Process => _transport.Process;

    public int InFlight => _table.Count;

    /// <summary>True once the server has answered a request over it.</summary>
    public bool HasAnswered { get; private set; }

    public bool HasRoom => _table.Room > 0 && !_isWriting && !IsBroken;

    /// <summary>Why it is of no more use; null while it is of use.</summary>
    public string? Loss { get; private set; }

    public bool IsBroken => Loss is not null;

    /// <summary>True once it is broken, and nothing is on its way to or from the socket any more.</summary>
    public bool IsQuiet => IsBroken && !_isReading && !_isWriting;

    /// <summary>Requests that the server answered, for the owner to take.</summary>
    public RequestQueue Answered;

    /// <summary>Requests of a broken connection that the server did not answer, for the owner to take.</summary>
    public RequestQueue Unanswered;

    /// <summary>Who is told what the sockets complete.</summary>
    public void Attach(IActorRef actor, NbdClientCore core)
    {
        _onRead = () => actor.Tell(_read, ActorRefs.NoSender);
        _onWritten = () =>
        {
            actor.Tell(_written, ActorRefs.NoSender);
            if (core.IsGone)
                _written.Give();
        };
    }

    /// <summary>Sends a request; what is short goes out with the next <see cref="Flush"/>. There must be room.</summary>
    public void Send(NbdRequest request)
    {
        if (!Encode(request))
            return;
        (_sending, _unsent) = (request, request.Memory);
        SendParts();
    }

    /// <summary>Sends what is encoded; all of it at once.</summary>
    public void Flush()
    {
        if (_isDirty && !_isWriting && !IsBroken)
            TryWrite(_transport.Output.FlushAsync());
    }

    /// <summary>Takes what has come, and waits for more.</summary>
    public void Read()
    {
        var (pending, isPending) = (_readPending, _isReadPending);
        (_readPending, _isReading, _isReadPending) = (default, false, false);
        if (isPending)
            EndRead(pending);
        for (var reads = 0; reads < MostReads; reads++)
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

    /// <summary>What was to be written has been.</summary>
    public void Written()
    {
        var pending = _writePending;
        (_writePending, _isWriting) = (default, false);
        EndWrite(pending);
        SendParts();
    }

    /// <summary>Ends the connection if a request has waited too long.</summary>
    /// <param name="timeout">That time, for the message.</param>
    public void Tick(TimeSpan timeout)
    {
        var (oldest, oldestLong, heard) = (_table.Oldest(isLong: false), _table.Oldest(isLong: true), _table.Heard);
        _table.ResetHeard();
        var (isOverdue, isLongOverdue) = (_watch.Tick(oldest?.Number ?? 0, _table.Latest, heard), _longWatch.Tick(oldestLong?.Number ?? 0, _table.Latest, heard));
        if (isOverdue || isLongOverdue)
            Break($"it has not answered {(isOverdue ? oldest : oldestLong)!.Command} within {(isOverdue ? timeout : LongTicks / Ticks * timeout).TotalSeconds:0.###} s");
    }

    /// <summary>Ends the connection at once, and what was sent and has not left this machine is not sent any more. Its requests become
    /// <see cref="Unanswered"/>, now or when the stream has let go of their memory.</summary>
    public void Break(string reason) => End(reason, isOrderly: false);

    /// <summary>Ends the connection, in order if nothing is in flight: the server is told.</summary>
    public void Close()
    {
        var isIdle = InFlight == 0 && _sending is null;
        if (isIdle)
            SayGoodbye();
        End("the device is closed", isIdle);
    }

    private void End(string reason, bool isOrderly)
    {
        if (IsBroken)
            return;
        Loss = reason;
        if (isOrderly)
            _transport.Dispose();
        else
            _transport.Abort();
        while (_table.TakeAny() is { } request)
        {
            if (request != _sending)
                Unanswered.Add(request);
        }
    }

    // If that can be told without waiting.
    private void SayGoodbye()
    {
        if (_isWriting || IsBroken)
            return;
        WriteHeader(NbdCommand.Disconnect, CommandFlags.None, 0, 0, 0);
        var sent = _transport.Output.FlushAsync();
        // A server that is gone needs no goodbye, so how this ends is of no interest; looking at it gives what it is made of back.
        _ = sent.IsCompleted ? Task.CompletedTask : sent.AsTask().ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
    }

    /// <summary>Gives back what a quiet connection is made of.</summary>
    public void Release()
    {
        _transport.Input.Complete();
        _transport.Output.Complete(new IOException("The connection is closed."));     // an error: nothing is to be written any more
    }

    /// <summary>The actor is gone. What the stream still writes from is answered when it does not any more: see <see cref="LinkWritten"/>.</summary>
    public void Abandon()
    {
        Close();
        while ((Answered.Take() ?? Unanswered.Take()) is { } request)
            request.Close(request.Id);
        if (!_isWriting || _writePending.IsCompleted)
            _written.Give();
    }

    internal void CloseSending() => _sending?.Close(_sending.Id);

    /// <returns>True if the payload is to be sent from its own memory, next.</returns>
    private bool Encode(NbdRequest request)
    {
        request.BeginTry();
        WriteHeader(request.Command, request.Flags, _table.Add(request), request.Offset, request.Length);
        _isDirty = true;
        if (request.Command != NbdCommand.Write)
            return false;
        if (request.Memory.Length > LongestCopied)
            return true;
        _transport.Output.Write(request.Memory.Span);
        return false;
    }

    private void WriteHeader(NbdCommand command, CommandFlags flags, ulong cookie, long offset, long length)
    {
        var header = _transport.Output.GetSpan(NbdNumbers.RequestHeader);
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)command);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], cookie);
        BinaryPrimitives.WriteUInt64BigEndian(header[16..], (ulong)offset);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], (uint)length);
        _transport.Output.Advance(NbdNumbers.RequestHeader);
    }

    // The whole payload, also if the request was answered before that: the server reads it.
    private void SendParts()
    {
        while (!_unsent.IsEmpty && !IsBroken)
        {
            var part = _unsent[..Math.Min(_unsent.Length, LongestPart)];
            _unsent = _unsent[part.Length..];
            if (!TryWrite(_transport.Output.WriteAsync(part)))
                return;
        }
        if (_sending is not { } sent)
            return;
        var isAnswered = _isSendingAnswered;
        (_sending, _unsent, _isSendingAnswered) = (null, default, false);
        if (isAnswered)
            Answered.Add(sent);
        else if (IsBroken)
            Unanswered.Add(sent);
    }

    /// <returns>False if a message will say when it is done.</returns>
    private bool TryWrite(ValueTask<FlushResult> writing)
    {
        _isDirty = false;
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
        var awaiter = writing.ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (awaiter.IsCompleted)
        {
            EndWrite(awaiter);
            return true;
        }
        (_writePending, _isWriting) = (awaiter, true);
        awaiter.UnsafeOnCompleted(_onWritten);
        return false;
    }

    private void EndWrite(ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter written)
    {
        try
        {
            written.GetResult();
            if (_sending is not null)
                _table.Hear(_sending);
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Break(lost.Message);
        }
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
                SayGoodbye();       // the protocol wants it
            End(broken.Message, isOrderly: broken.IsShutdown);
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Break(lost.Message);
        }
    }

    private void OnAnswered(NbdRequest request)
    {
        HasAnswered = true;
        _table.Remove(request);
        if (_sending == request)
            _isSendingAnswered = true;      // an error, before all was sent: the stream still writes from its memory
        else
            Answered.Add(request);
    }

    private static bool IsLoss(Exception exception) => exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;
}
