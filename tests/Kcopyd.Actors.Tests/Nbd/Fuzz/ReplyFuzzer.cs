using System.Buffers.Binary;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Nbd.Server;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>Generates a server's replies, each message an input: valid replies, in pieces and in any order. It corrupts some of them.</summary>
internal sealed class ReplyFuzzer(Random random, bool structured)
{
    private static readonly uint[] Lengths =
        [0, 1, 4, 6, 7, 8, 9, 12, 20, 4096, 8192, 8193, 65_536, 0x7fff_ffff, 0x8000_0000, uint.MaxValue, uint.MaxValue - 7];

    /// <summary>Returns the messages that answer a request, in order, and fills in the data that they leave in its memory.</summary>
    public Queue<byte[]> Answer(NbdRequest request, ulong cookie, byte[] expected)
    {
        var messages = new Queue<byte[]>();
        var error = random.Next(20) == 0 ? (NbdError)(random.Next(2) == 0 ? 5 : 28) : NbdError.None;
        if (!structured || request.Command is not (NbdCommand.Read or NbdCommand.BlockStatus))
        {
            var simple = new Packet().U32(NbdNumbers.SimpleReplyMagic).U32((uint)error).U64(cookie);
            if (request.Command == NbdCommand.Read && error == NbdError.None)
                simple.Raw(Fill(expected, 0, expected.Length));
            messages.Enqueue(simple.ToArray());
            return messages;
        }
        if (error != NbdError.None)
            messages.Enqueue(Chunk(true, ChunkType.Error, cookie, new Packet().U32((uint)error).U16(0)));
        else if (request.Command == NbdCommand.BlockStatus)
            messages.Enqueue(Chunk(true, ChunkType.BlockStatus, cookie, new Packet().U32(1).U32((uint)request.Length).U32((uint)random.Next(4))));
        else
            Pieces(request, cookie, expected, messages);
        return messages;
    }

    /// <summary>Corrupts a message that is about to be sent.</summary>
    /// <returns>The kind of corruption.</returns>
    public string Spoil(ref byte[] message, ulong otherCookie)
    {
        var header = Math.Min(message.Length, structured ? 34 : 16);
        switch (random.Next(9))
        {
            case 0:
                message[random.Next(header)] ^= (byte)(1 << random.Next(8));
                return "a bit";
            case 1:
                message[random.Next(4, header)] = (byte)random.Next(256);
                return "a byte";
            case 2 when message.Length >= 20:
                BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(16), Lengths[random.Next(Lengths.Length)]);
                return "length";
            case 3:
                BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(8), random.Next(2) == 0 ? otherCookie : (ulong)random.NextInt64());
                return "cookie of another";
            case 4:
                message = [.. message, .. message];
                return "doubled";
            case 5:
                message = message[..random.Next(message.Length)];
                return "truncated";
            case 6 when message.Length >= 28:
                var offset = message.AsSpan(20);
                BinaryPrimitives.WriteInt64BigEndian(offset,
                    random.Next(2) == 0 ? random.NextInt64() : BinaryPrimitives.ReadInt64BigEndian(offset) + random.Next(-3, 3));
                return "offset";
            case 7:
                BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), (ushort)(random.Next(2) == 0 ? random.Next(8) : 0x8000 + random.Next(5)));
                return "type";
            default:
                message[5] ^= 1;
                return "the last, or not";
        }
    }

    private void Pieces(NbdRequest request, ulong cookie, byte[] expected, Queue<byte[]> messages)
    {
        var cuts = new SortedSet<int> { 0, expected.Length };
        for (var i = random.Next(4); i > 0; i--)
            cuts.Add(random.Next(expected.Length));
        var ends = cuts.Skip(1).Zip(cuts, (to, from) => (from, to)).ToArray();
        random.Shuffle(ends);
        var hasTail = random.Next(4) == 0;
        for (var i = 0; i < ends.Length; i++)
        {
            var (from, to) = ends[i];
            var isLast = i == ends.Length - 1 && !hasTail;
            var body = new Packet().U64((ulong)(request.Offset + from));
            if (random.Next(4) == 0)
            {
                expected.AsSpan(from, to - from).Clear();
                messages.Enqueue(Chunk(isLast, ChunkType.OffsetHole, cookie, body.U32((uint)(to - from))));
            }
            else
            {
                messages.Enqueue(Chunk(isLast, ChunkType.OffsetData, cookie, body.Raw(Fill(expected, from, to - from))));
            }
        }
        if (hasTail)
            messages.Enqueue(Chunk(true, ChunkType.None, cookie, new Packet()));
    }

    private ReadOnlySpan<byte> Fill(byte[] expected, int from, int count)
    {
        RequestFuzzer.Pool.AsSpan(random.Next(1 << 19), count).CopyTo(expected.AsSpan(from));
        return expected.AsSpan(from, count);
    }

    private static byte[] Chunk(bool isLast, ChunkType type, ulong cookie, Packet body) =>
        new Packet().U32(NbdNumbers.StructuredReplyMagic).U16((ushort)(isLast ? 1 : 0)).U16((ushort)type).U64(cookie).U32((uint)body.Length)
            .Raw(body.Bytes.Span).ToArray();
}
