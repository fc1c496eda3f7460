using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Builds the bytes of a message by hand, so that a test can also send what no client should.</summary>
internal sealed class Packet
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public int Length => _bytes.WrittenCount;

    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    public Packet U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), value);
        _bytes.Advance(2);
        return this;
    }

    public Packet U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public Packet U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
        return this;
    }

    public Packet Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>A length and that number of UTF-8 bytes.</summary>
    public Packet Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return U32((uint)bytes.Length).Raw(bytes);
    }

    /// <summary>An option, whose length may be wrong.</summary>
    public Packet Option(NbdOption option, ReadOnlySpan<byte> data, uint? length = null, ulong magic = NbdNumbers.OptionMagic) =>
        U64(magic).U32((uint)option).U32(length ?? (uint)data.Length).Raw(data);

    /// <summary>The header of a request.</summary>
    public Packet Request(NbdCommand command, ulong cookie, ulong offset, uint length, CommandFlags flags = 0, uint magic = NbdNumbers.RequestMagic) =>
        U32(magic).U16((ushort)flags).U16((ushort)command).U64(cookie).U64(offset).U32(length);

    /// <summary>The data of NBD_OPT_INFO and NBD_OPT_GO.</summary>
    public static byte[] Go(string export, params NbdInfo[] wanted)
    {
        var packet = new Packet().Text(export).U16((ushort)wanted.Length);
        foreach (var info in wanted)
            packet.U16((ushort)info);
        return packet.ToArray();
    }

    /// <summary>The data of NBD_OPT_LIST_META_CONTEXT and NBD_OPT_SET_META_CONTEXT.</summary>
    public static byte[] Contexts(string export, params string[] queries)
    {
        var packet = new Packet().Text(export).U32((uint)queries.Length);
        foreach (var query in queries)
            packet.Text(query);
        return packet.ToArray();
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void Clear() => _bytes.ResetWrittenCount();
}
