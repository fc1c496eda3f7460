using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Answers requests, in the order in which their I/Os end: what is ready at about the same time goes out together, one send at a time.
/// Used by the connection's actor only.</summary>
/// <remarks><code>
///  Idle ──SendSoon──▶ Announced ──Send──▶ Sending ──Sent──▶ Idle
///    └──────────────Send, or enough is encoded──▲
/// </code>
/// Invariants: what is being sent is not touched; memory of an answer is returned when the stream has it, or when
/// nobody waits for the answer any more.</remarks>
/// <param name="output">Where answers go.</param>
/// <param name="negotiated">What the client understands.</param>
/// <param name="requests">From where requests are given back.</param>
/// <param name="memory">Where their memory is returned.</param>
/// <param name="fault">Learns of the connection's end.</param>
/// <param name="announce">Has <see cref="Send"/> called behind what is in the mailbox already.</param>
/// <param name="onSent">Called, on any thread, when a send that had to wait is complete: <see cref="Sent"/> comes next.</param>
internal sealed class ReplyWriter(PipeWriter output, Negotiated negotiated, ActiveRequests requests, ConnectionMemory memory, ConnectionFault fault,
    Action announce, Action onSent)
{
    private const int MaxUnsent = 256 << 10;        // bytes of answers that wait for the end of the mailbox
    private const int MaxReplies = 16;              // that wait for it: the client continues with the first while the last are made
    private const int MinDirect = 32 << 10;         // bytes of data that are sent from where they are

    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _sending;
    private LinkedQueue<DeviceIo> _waiting;     // for what is being sent
    private MemoryBlock _sentFrom;
    private State _state;
    private int _encoded;           // answers that are not sent
    private ExportCounts _counts;   // that are not published

    /// <summary>True while a send is under way.</summary>
    public bool IsSending => _state == State.Sending;

    /// <summary>True if there is something to send, or that is being sent.</summary>
    public bool HasOutput => _state == State.Sending || !_waiting.IsEmpty || output.UnflushedBytes > 0;

    /// <summary>A piece of a request has its answer.</summary>
    public void Reply(RequestIo io)
    {
        if (_state == State.Sending)
            _waiting.Add(io);
        else
            Encode(io);
    }

    /// <summary>Sends what is encoded behind what is in the mailbox already: the answers of that go out with it.</summary>
    public void SendSoon()
    {
        if (_state != State.Idle || fault.IsBroken || output.UnflushedBytes == 0)
            return;
        _state = State.Announced;
        announce();
    }

    /// <summary>Sends what is encoded.</summary>
    public void Send() => SendWith(default);

    /// <summary>A send that had to wait is complete.</summary>
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

    /// <summary>Tells the export what was done.</summary>
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
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
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
