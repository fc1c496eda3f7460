using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Answers requests in the order in which their I/Os complete. Replies that are ready at about the same time are sent together, one send at a time.
/// Used by the connection's actor only.</summary>
/// <remarks><code>
///  Idle ──SendSoon──▶ Announced ──Send──▶ Sending ──Sent──▶ Idle
///    └──────────────Send, or enough is encoded──▲
/// </code>
/// Invariants: data that is being sent is not modified; the memory of a reply is returned when the stream has taken the data, or when the reply is no longer
/// needed.</remarks>
/// <param name="output">The stream to the client.</param>
/// <param name="negotiated">The result of the negotiation.</param>
/// <param name="requests">Recycles answered requests.</param>
/// <param name="memory">Takes back their memory.</param>
/// <param name="fault">Receives the reason if the connection breaks.</param>
/// <param name="announce">Schedules a call of <see cref="Send"/> after the messages that are already in the mailbox.</param>
/// <param name="onSent">Called, on any thread, when an asynchronous send completes; <see cref="Sent"/> must follow.</param>
internal sealed class ReplyWriter(PipeWriter output, Negotiated negotiated, ActiveRequests requests, ConnectionMemory memory, ConnectionFault fault,
    Action announce, Action onSent)
{
    private const int MaxUnsent = 256 << 10;        // bytes of replies that wait for the end of the mailbox
    private const int MaxReplies = 16;              // replies that wait for it: the client continues with the first while the last are produced
    private const int MinDirect = 32 << 10;         // bytes of data that are sent without a copy

    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _sending;
    private LinkedQueue<DeviceIo> _waiting;     // for the send in flight
    private MemoryBlock _sentFrom;
    private State _state;
    private int _encoded;           // replies not sent yet
    private ExportCounts _counts;   // not published yet

    /// <summary>True while a send is in flight.</summary>
    public bool IsSending => _state == State.Sending;

    /// <summary>True if replies are being sent or are to be sent.</summary>
    public bool HasOutput => _state == State.Sending || !_waiting.IsEmpty || output.UnflushedBytes > 0;

    /// <summary>Adds the reply for a completed piece of a request.</summary>
    public void Reply(RequestIo io)
    {
        if (_state == State.Sending)
            _waiting.Add(io);
        else
            Encode(io);
    }

    /// <summary>Sends the encoded replies after the messages that are already in the mailbox, together with the replies to those.</summary>
    public void SendSoon()
    {
        if (_state != State.Idle || fault.IsBroken || output.UnflushedBytes == 0)
            return;
        _state = State.Announced;
        announce();
    }

    /// <summary>Sends the encoded replies.</summary>
    public void Send() => SendWith(default);

    /// <summary>Takes the result of an asynchronous send.</summary>
    public void Sent()
    {
        EndSend();
        while (_state != State.Sending && _waiting.TryTake(out var io))
        {
            if (fault.IsBroken)
                requests.Drop((RequestIo)io);
            else
                Encode((RequestIo)io);
        }
    }

    /// <summary>Adds the counters to those of the export.</summary>
    public void Publish()
    {
        if (_counts == default)
            return;
        negotiated.Export!.Count(_counts);
        _counts = default;
    }

    private void Encode(RequestIo io)
    {
        var (request, at, block) = (io.Request, io.At, io.Block);
        var data = request.Command == NbdCommand.Read && request.Error == NbdError.None ? io.Memory : default;
        var isLast = requests.Release(io);
        if (negotiated.IsStructured && request.Command is NbdCommand.Read or NbdCommand.BlockStatus)
            RequestReplies.Chunk(output, request, at, data.Length, isLast);
        else
            RequestReplies.Simple(output, request);
        if (isLast)
        {
            Count(request);
            requests.Release(request);
        }
        AddData(data, block);
    }

    private void AddData(Memory<byte> data, MemoryBlock block)
    {
        if (data.Length >= MinDirect)
        {
            _sentFrom = block;
            SendWith(data);
            return;
        }
        if (!data.IsEmpty)
        {
            data.Span.CopyTo(output.GetSpan(data.Length));
            output.Advance(data.Length);
        }
        memory.Return(block);
        if (++_encoded >= MaxReplies || output.UnflushedBytes >= MaxUnsent)
            Send();
    }

    private void SendWith(Memory<byte> data)
    {
        if (_state == State.Sending)
            return;
        _state = State.Idle;
        if (fault.IsBroken || (data.IsEmpty && output.UnflushedBytes == 0))
            return;
        _encoded = 0;
        Publish();
        try
        {
#pragma warning disable CA2012 // consumed once: here, or on the message that its completion sends
            _sending = (data.IsEmpty ? output.FlushAsync() : output.WriteAsync(data)).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        }
        catch (Exception gone) when (Wire.IsLoss(gone))
        {
            fault.Report(gone);
            return;
        }
        _state = State.Sending;
        if (_sending.IsCompleted)
            EndSend();
        else
            _sending.UnsafeOnCompleted(onSent);
    }

    private void EndSend()
    {
        _state = State.Idle;
        memory.Return(_sentFrom);
        _sentFrom = default;
        try
        {
            _ = _sending.GetResult();
        }
        catch (Exception gone) when (Wire.IsLoss(gone))
        {
            fault.Report(gone);
        }
        _sending = default;
    }

    private void Count(ServerRequest request)
    {
        _counts.Requests++;
        if (request.Error != NbdError.None)
            _counts.Errors++;
        else if (request.Command == NbdCommand.Read)
            _counts.BytesRead += request.Length;
        else if (request.Command is NbdCommand.Write or NbdCommand.WriteZeroes)
            _counts.BytesWritten += request.Length;
    }

    private enum State
    {
        Idle,
        Announced,
        Sending,
    }
}
