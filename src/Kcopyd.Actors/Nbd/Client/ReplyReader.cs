using System.Buffers;
using System.Buffers.Binary;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Reads replies as they arrive, in parts of any size. The data of a read is copied to the caller's memory immediately; only headers and small chunks must be
/// complete.
/// </summary>
/// <remarks>Nothing that a server sends is trusted before it is compared with the request: that there is one, where the data belongs, and how long it is. A
/// read succeeds only if each of its bytes has arrived exactly once.</remarks>
internal sealed class ReplyReader(RequestTable table, NbdTerms terms, Action<NbdRequest> answered)
{
    private const int MaxSmall = 8 << 10;       // bytes of a chunk that is not data: a message has up to 4096

    private NbdRequest? _reading;   // whose data arrives now
    private int _at;                // its position in the request's memory
    private int _left;              // bytes still to arrive
    private bool _isLast;           // whether the request is done after the data

    /// <summary>Processes what is complete, and returns the rest.</summary>
    /// <exception cref="ReplyException">The server violates the protocol: the connection is unusable.</exception>
    public ReadOnlySequence<byte> Take(ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            if (_reading is { } request)
            {
                var count = (int)Math.Min(buffer.Length, _left);
                if (count > 0)
                    table.RecordActivity(request);
                buffer.Slice(0, count).CopyTo(request.Memory.Span[_at..]);
                buffer = buffer.Slice(count);
                _at += count;
                _left -= count;
                if (_left > 0)
                    return buffer;
                _reading = null;
                if (_isLast)
                    Done(request);
            }
            else if (!TryTakeHeader(ref buffer))
            {
                return buffer;
            }
        }
    }

    private bool TryTakeHeader(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> copy = stackalloc byte[NbdNumbers.ChunkHeader + 8];
        if (buffer.Length < NbdNumbers.SimpleReplyHeader)
            return false;
        var header = Peek(buffer, copy);
        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (magic == NbdNumbers.SimpleReplyMagic)
        {
            TakeSimple(header);
            buffer = buffer.Slice(NbdNumbers.SimpleReplyHeader);
            return true;
        }
        if (magic != NbdNumbers.StructuredReplyMagic)
            throw new ReplyException("it sent something that is not a reply", null);
        return TryTakeChunk(ref buffer, header);
    }

    private void TakeSimple(ReadOnlySpan<byte> header)
    {
        var request = Find(BinaryPrimitives.ReadUInt64BigEndian(header[8..]));
        request.Error = ErrorOf(BinaryPrimitives.ReadUInt32BigEndian(header[4..]));
        if (request.Error == IoError.None && request.Command is NbdCommand.Read or NbdCommand.BlockStatus)
        {
            if (terms.IsStructured)
                throw new ReplyException($"it answered {request.Command} with a simple reply where structured ones were agreed on", request);
            request.Coverage.TryAdd(0, request.Length);
            Receive(request, 0, (int)request.Length, isLast: true);
            return;
        }
        Done(request);
    }

    private bool TryTakeChunk(ref ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> header)
    {
        if (buffer.Length < NbdNumbers.ChunkHeader)
            return false;
        if (!terms.IsStructured)
            throw new ReplyException("it sent a structured reply that was not agreed on", null);
        var isLast = (BinaryPrimitives.ReadUInt16BigEndian(header[4..]) & (ushort)ChunkFlags.Done) != 0;
        var type = (ChunkType)BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        var request = Find(BinaryPrimitives.ReadUInt64BigEndian(header[8..]));
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        if (type == ChunkType.OffsetData)
        {
            if (buffer.Length < NbdNumbers.ChunkHeader + 8)
                return false;
            if (length <= 8)
                throw new ReplyException("it sent a chunk of data without data", request);
            var at = Cover(request, BinaryPrimitives.ReadUInt64BigEndian(header[NbdNumbers.ChunkHeader..]), length - 8);
            buffer = buffer.Slice(NbdNumbers.ChunkHeader + 8);
            Receive(request, at, (int)(length - 8), isLast);
            return true;
        }
        if (length > MaxSmall)
            throw new ReplyException($"it sent a chunk of {length} bytes where the limit is {MaxSmall}", request);
        if (buffer.Length < NbdNumbers.ChunkHeader + length)
            return false;
        Span<byte> copy = stackalloc byte[MaxSmall];
        TakeSmall(request, type, isLast, Peek(buffer.Slice(NbdNumbers.ChunkHeader, length), copy));
        buffer = buffer.Slice(NbdNumbers.ChunkHeader + length);
        if (isLast)
            Done(request);
        return true;
    }

    private void TakeSmall(NbdRequest request, ChunkType type, bool isLast, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case ChunkType.None:
                if (body.Length > 0 || !isLast)
                    throw new ReplyException("it sent an empty chunk that is not empty, or not the last", request);
                break;
            case ChunkType.OffsetHole:
                if (body.Length != 12)
                    throw new ReplyException("it sent a hole of the wrong length", request);
                var hole = BinaryPrimitives.ReadUInt32BigEndian(body[8..]);
                if (hole == 0)
                    throw new ReplyException("it sent a hole of no bytes", request);
                request.Memory.Span.Slice(Cover(request, BinaryPrimitives.ReadUInt64BigEndian(body), hole), (int)hole).Clear();
                break;
            case ChunkType.BlockStatus:
                TakeStatus(request, body);
                break;
            default:
                if (((ushort)type & 0x8000) == 0)
                    throw new ReplyException($"it sent a chunk of the unknown type {(ushort)type}", request);
                if (body.Length < 6 || BinaryPrimitives.ReadUInt16BigEndian(body[4..]) is var length && length > body.Length - 6)
                    throw new ReplyException("it sent a malformed error", request);
                var error = ErrorOf(BinaryPrimitives.ReadUInt32BigEndian(body));
                if (length > 0 && request.ErrorText is null)
                    request.ErrorText = ForeignText.Printable(body.Slice(6, length));
                if (request.Error == IoError.None)
                    request.Error = error == IoError.None ? IoError.Invalid : error;        // an error chunk without an error number is still an error
                break;
        }
    }

    private void TakeStatus(NbdRequest request, ReadOnlySpan<byte> body)
    {
        if (request.Command != NbdCommand.BlockStatus || body.Length < 12 || body.Length % 8 != 4)
            throw new ReplyException("it sent a malformed block status, or one that was not asked for", request);
        if (BinaryPrimitives.ReadUInt32BigEndian(body) != terms.Allocation)
            throw new ReplyException("it sent a block status of a context that was not agreed on", request);
        var length = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        if (length == 0 || request.ExtentLength > 0)
            throw new ReplyException("it sent a block status of no bytes, or two of them", request);
        request.ExtentLength = Math.Min(length, request.Length);
        request.ExtentFlags = (ExtentFlags)BinaryPrimitives.ReadUInt32BigEndian(body[8..]);
    }

    // Returns the position of a chunk in the memory of its request.
    private static int Cover(NbdRequest request, ulong offset, uint length)
    {
        var at = offset - (ulong)request.Offset;        // an offset before the request wraps around, and is too large
        if (request.Command != NbdCommand.Read || at > (ulong)request.Length || length > (ulong)request.Length - at)
            throw new ReplyException("it sent data outside of what was asked for", request);
        if (!request.Coverage.TryAdd((long)at, (long)at + length))
            throw new ReplyException("it sent the same data twice, or too many pieces", request);
        return (int)at;
    }

    private void Receive(NbdRequest request, int at, int length, bool isLast) => (_reading, _at, _left, _isLast) = (request, at, length, isLast);

    private void Done(NbdRequest request)
    {
        if (request.Error == IoError.None)
        {
            if (request.Command == NbdCommand.Read && !request.Coverage.Is(0, request.Length))
                throw new ReplyException("it ended a read before it had sent all of it", request);
            if (request.Command == NbdCommand.BlockStatus && request.ExtentLength == 0)
                throw new ReplyException("it ended a block status before it had sent one", request);
        }
        answered(request);
    }

    private NbdRequest Find(ulong cookie)
    {
        var request = table.Find(cookie) ?? throw new ReplyException("it answered a request that was not made, or twice", null);
        table.RecordActivity(request);
        return request;
    }

    // A server that shuts down has not executed the request; another server, or the next one, will.
    private static IoError ErrorOf(uint error) =>
        error == (uint)NbdError.Shutdown ? throw new ReplyException("it is shutting down", null) { IsShutdown = true } : NbdErrors.FromWire(error);

    private static ReadOnlySpan<byte> Peek(ReadOnlySequence<byte> buffer, Span<byte> copy)
    {
        var count = (int)Math.Min(buffer.Length, copy.Length);
        if (buffer.FirstSpan.Length >= count)
            return buffer.FirstSpan[..count];
        buffer.Slice(0, count).CopyTo(copy);
        return copy[..count];
    }
}

/// <summary>The server violated the protocol, or shuts down. Carries the request whose answer that was, which fails; the others are sent again.</summary>
internal sealed class ReplyException(string reason, NbdRequest? request) : Exception(reason)
{
    public NbdRequest? Request { get; } = request;

    /// <summary>True if the server shuts down and did not violate the protocol.</summary>
    public bool IsShutdown { get; init; }
}
