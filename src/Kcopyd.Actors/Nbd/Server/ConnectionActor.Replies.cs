using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Workers;

namespace Kcopyd.Actors.Nbd.Server;

/// <content>I/Os end, and requests are answered in the order in which they do. What ends at about the same time is sent at once.</content>
internal sealed partial class ConnectionActor
{
    private const int MostUnsent = 256 << 10;       // bytes of answers that wait for the end of the mailbox
    private const int MostReplies = 16;             // that wait for it: the client goes on with the first while the last are made
    private const int LeastDirect = 32 << 10;       // bytes of data that are sent from where they are
    private const int MostExtents = 2048;           // of one answer; the client asks again behind them

    private readonly SendNow _sendNow = new();
    private readonly OutputDone _outputDone = new();
    private readonly Action _onOutput;
    private PipeWriter _output = null!;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _send;
    private RequestIo? _firstReply, _lastReply;     // that wait for what is being sent
    private MemoryBlock _sentFrom;
    private int _unsent;        // answers
    private bool _isSending;
    private bool _isSendingSoon;
    private ExportCounts _counts;

    private bool HasOutput => _isSending || _firstReply is not null || _output.UnflushedBytes > 0;

    void IIoOwner.Ended(DeviceIo ended)
    {
        var io = (RequestIo)ended;
        var request = io.Request;
        _ios--;
        if (io.Error != IoError.None && request.Error == NbdError.None)
            request.Error = NbdErrors.ToWire(io.Error);
        if (_isBroken || request.IsAbandoned)
        {
            Drop(io);
            return;
        }
        switch (request.Command)
        {
            case NbdCommand.Read:
                Reply(io);
                return;
            case NbdCommand.BlockStatus:
                if (!Learn(io))
                    StartAgain(io);
                else
                    Reply(io);
                return;
        }
        // The rest has one answer, when all is done, and, if it must be so, on the medium.
        _memory.Return(io.Block);
        io.Block = default;
        if (request.Pieces > 1 || !request.IsBegun)
        {
            request.Pieces--;
            Recycle(io);
            return;
        }
        if (request.Has(CommandFlags.Fua) && request.Error == NbdError.None && !request.IsFlushed && request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim)
        {
            request.IsFlushed = true;
            (io.Operation, io.Offset, io.Length, io.Memory) = (DeviceOperation.Flush, 0, 0, default);
            StartAgain(io);
            return;
        }
        Reply(io);
    }

    // Nobody waits for it any more.
    private void Drop(RequestIo io)
    {
        var request = io.Request;
        _memory.Return(io.Block);
        Recycle(io);
        if (--request.Pieces == 0 && (request.IsBegun || request.IsAbandoned))
            Recycle(request);
    }

    private void Refuse(NbdRequest request)
    {
        request.Begun = request.Length;
        request.Pieces = 1;
        var io = NewIo(request);
        io.Block = default;
        io.At = 0;
        Reply(io);
    }

    /// <returns>True if enough is known to answer.</returns>
    private static bool Learn(RequestIo io)
    {
        var request = io.Request;
        var extents = request.Extents;
        // A device that cannot tell is data: what is wrong with it is seen by who reads it.
        var left = request.Offset + request.Length - io.Offset;
        var length = io.Error != IoError.None || io.Bytes <= 0 ? left : Math.Min(io.Bytes, left);
        var flags = io.Error == IoError.None && io.Bytes > 0 && io.IsZero ? ExtentFlags.Hole | ExtentFlags.Zero : ExtentFlags.None;
        (request.Error, io.Error) = (NbdError.None, IoError.None);
        if (extents.Count > 0 && extents[^1].Flags == flags)
            extents[^1] = ((uint)(extents[^1].Length + length), flags);
        else if (extents.Count > 0 && request.Has(CommandFlags.OneExtent))
            return true;
        else
            extents.Add(((uint)length, flags));
        io.Offset += length;
        io.Length = left - length;
        return io.Length == 0 || extents.Count == MostExtents;
    }

    private void Reply(RequestIo io)
    {
        if (!_isSending)
        {
            Encode(io);
            return;
        }
        io.NextWaiting = null;
        if (_lastReply is null)
            _firstReply = io;
        else
            _lastReply.NextWaiting = io;
        _lastReply = io;
    }

    private void Encode(RequestIo io)
    {
        var request = io.Request;
        var isLast = --request.Pieces == 0 && request.IsBegun;
        var isChunk = _negotiated!.IsStructured && (request.Command is NbdCommand.Read or NbdCommand.BlockStatus);
        var block = io.Block;
        var data = request.Command == NbdCommand.Read && request.Error == NbdError.None ? io.Memory : default;
        if (isChunk)
            Chunk(io, isLast, data.Length);
        else
            Simple(request);
        if (request.Command == NbdCommand.BlockStatus)
            Extents(request);
        if (isLast)
            Count(request);
        io.Block = default;
        io.Memory = default;
        Recycle(io);
        if (isLast)
            Recycle(request);
        Data(data, block);
    }

    private void Data(Memory<byte> data, MemoryBlock block)
    {
        if (data.Length >= LeastDirect)
        {
            _sentFrom = block;
            Send(data);
            return;
        }
        if (!data.IsEmpty)
        {
            data.Span.CopyTo(_output.GetSpan(data.Length));
            _output.Advance(data.Length);
        }
        _memory.Return(block);
        if (++_unsent >= MostReplies || _output.UnflushedBytes >= MostUnsent)
            Send();
    }

    private void Simple(NbdRequest request)
    {
        var header = _output.GetSpan(NbdNumbers.SimpleReplyHeader);
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], (uint)request.Error);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], request.Cookie);
        _output.Advance(NbdNumbers.SimpleReplyHeader);
    }

    private void Chunk(RequestIo io, bool isLast, int data)
    {
        var request = io.Request;
        var isError = request.Error != NbdError.None;
        var isStatus = request.Command == NbdCommand.BlockStatus;
        var (type, length) = isError
            ? isStatus || request.IsRefused ? (ChunkType.Error, 6) : (ChunkType.ErrorOffset, 14)
            : isStatus ? (ChunkType.BlockStatus, 4 + (8 * request.Extents.Count)) : (ChunkType.OffsetData, 8 + data);
        var header = _output.GetSpan(NbdNumbers.ChunkHeader + 14);
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(isLast ? ChunkFlags.Done : ChunkFlags.None));
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)type);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], request.Cookie);
        BinaryPrimitives.WriteInt32BigEndian(header[16..], length);
        var body = header[NbdNumbers.ChunkHeader..];
        var used = 0;
        if (isError)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body, (uint)request.Error);
            BinaryPrimitives.WriteUInt16BigEndian(body[4..], 0);        // no message
            used = 6;
        }
        if (type is ChunkType.OffsetData or ChunkType.ErrorOffset)
        {
            BinaryPrimitives.WriteInt64BigEndian(body[used..], request.Offset + io.At);
            used += 8;
        }
        _output.Advance(NbdNumbers.ChunkHeader + used);
    }

    private void Extents(NbdRequest request)
    {
        if (request.Error != NbdError.None)
            return;
        var bytes = _output.GetSpan(4 + (8 * request.Extents.Count));
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Negotiated.AllocationContext);
        var at = 4;
        foreach (var (length, flags) in request.Extents)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[at..], length);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[(at + 4)..], (uint)flags);
            at += 8;
        }
        _output.Advance(at);
    }

    private void Count(NbdRequest request)
    {
        _counts.Requests++;
        if (request.Error != NbdError.None)
            _counts.Errors++;
        else if (request.Command == NbdCommand.Read)
            _counts.BytesRead += request.Length;
        else if (request.Command is NbdCommand.Write or NbdCommand.WriteZeroes)
            _counts.BytesWritten += request.Length;
    }

    private void Recycle(RequestIo io)
    {
        io.Request = null!;
        _freeIos.Push(io);
    }

    private void Recycle(NbdRequest request)
    {
        _active--;
        _freeRequests.Push(request);
    }

    // ---- output ----------------------------------------------------------------------------------------------------

    // Behind what is in the mailbox already: its answers go out together.
    private void SendSoon()
    {
        if (_isSending || _isSendingSoon || _isBroken || _output.UnflushedBytes == 0)
            return;
        _isSendingSoon = true;
        Self.Tell(_sendNow, ActorRefs.NoSender);
    }

    private void Send(Memory<byte> data = default)
    {
        _isSendingSoon = false;
        if (_isSending || _isBroken || (data.IsEmpty && _output.UnflushedBytes == 0))
            return;
        _unsent = 0;
        Publish();
        try
        {
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
            _send = (data.IsEmpty ? _output.FlushAsync() : _output.WriteAsync(data)).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        }
        catch (Exception gone) when (IsGone(gone))
        {
            Break(Why(gone), LogLevel.DebugLevel);
            return;
        }
        _isSending = true;
        if (_send.IsCompleted)
            EndSend();
        else
            _send.UnsafeOnCompleted(_onOutput);
    }

    private void Sent()
    {
        EndSend();
        while (!_isSending && _firstReply is { } io)
        {
            _firstReply = (RequestIo?)io.NextWaiting;
            if (_firstReply is null)
                _lastReply = null;
            io.NextWaiting = null;
            if (_isBroken)
                Drop(io);
            else
                Encode(io);
        }
    }

    private void EndSend()
    {
        _isSending = false;
        _memory.Return(_sentFrom);
        _sentFrom = default;
        try
        {
            _ = _send.GetResult();
        }
        catch (Exception gone) when (IsGone(gone))
        {
            Break(Why(gone), LogLevel.DebugLevel);
        }
        _send = default;
    }

    private void Publish()
    {
        if (_counts == default)
            return;
        Export.Count(_counts);
        _counts = default;
    }

    private sealed class SendNow : LinkedMessage;

    private sealed class OutputDone : LinkedMessage;
}
