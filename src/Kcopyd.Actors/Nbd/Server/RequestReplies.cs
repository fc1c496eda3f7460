using System.Buffers.Binary;
using System.IO.Pipelines;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Writes reply headers and chunks. The data of reads follows separately.</summary>
internal static class RequestReplies
{
    public static void Simple(PipeWriter output, ServerRequest request)
    {
        var header = output.GetSpan(NbdNumbers.SimpleReplyHeader);
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], (uint)request.Error);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], request.Cookie);
        output.Advance(NbdNumbers.SimpleReplyHeader);
    }

    /// <summary>Writes a chunk of a structured reply: an error, extents, or the header of data.</summary>
    /// <param name="output">The stream to the client.</param>
    /// <param name="request">The request, which determines the type of the chunk.</param>
    /// <param name="at">Start of the piece, in bytes from the start of the request.</param>
    /// <param name="data">Bytes of data that follow.</param>
    /// <param name="isLast">True if no other chunk follows.</param>
    public static void Chunk(PipeWriter output, ServerRequest request, long at, int data, bool isLast)
    {
        var isStatus = request.Command == NbdCommand.BlockStatus;
        if (request.Error != NbdError.None)
            Error(output, request, hasOffset: !isStatus && !request.IsRefused, at, isLast);
        else if (isStatus)
            Extents(output, request, isLast);
        else
            DataHeader(output, request, at, data, isLast);
    }

    private static void Error(PipeWriter output, ServerRequest request, bool hasOffset, long at, bool isLast)
    {
        var length = hasOffset ? 14 : 6;
        var body = Header(output, request, hasOffset ? ChunkType.ErrorOffset : ChunkType.Error, length, length, isLast);
        BinaryPrimitives.WriteUInt32BigEndian(body, (uint)request.Error);
        BinaryPrimitives.WriteUInt16BigEndian(body[4..], 0);        // no message
        if (hasOffset)
            BinaryPrimitives.WriteInt64BigEndian(body[6..], request.Offset + at);
        output.Advance(NbdNumbers.ChunkHeader + length);
    }

    private static void Extents(PipeWriter output, ServerRequest request, bool isLast)
    {
        var length = 4 + (8 * request.Extents.Count);
        var body = Header(output, request, ChunkType.BlockStatus, length, length, isLast);
        BinaryPrimitives.WriteUInt32BigEndian(body, Negotiated.AllocationContext);
        body = body[4..];
        foreach (var (bytes, flags) in request.Extents)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body, bytes);
            BinaryPrimitives.WriteUInt32BigEndian(body[4..], (uint)flags);
            body = body[8..];
        }
        output.Advance(NbdNumbers.ChunkHeader + length);
    }

    private static void DataHeader(PipeWriter output, ServerRequest request, long at, int data, bool isLast)
    {
        const int offset = 8;       // bytes
        var body = Header(output, request, ChunkType.OffsetData, offset + data, offset, isLast);
        BinaryPrimitives.WriteInt64BigEndian(body, request.Offset + at);
        output.Advance(NbdNumbers.ChunkHeader + offset);
    }

    /// <returns>The span for the first bytes of the body; the output is not advanced yet.</returns>
    private static Span<byte> Header(PipeWriter output, ServerRequest request, ChunkType type, int length, int room, bool isLast)
    {
        var header = output.GetSpan(NbdNumbers.ChunkHeader + room);
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(isLast ? ChunkFlags.Done : ChunkFlags.None));
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)type);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], request.Cookie);
        BinaryPrimitives.WriteInt32BigEndian(header[16..], length);
        return header[NbdNumbers.ChunkHeader..];
    }
}
