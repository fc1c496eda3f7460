using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>An answer to an option.</summary>
internal sealed record OptionReply(NbdOptionReply Type, byte[] Data)
{
    /// <summary>True if no more answers to this option follow.</summary>
    public bool IsLast => Type == NbdOptionReply.Ack || (uint)Type >= 0x8000_0000;

    public string Message => Encoding.UTF8.GetString(Data);

    public NbdInfo Info => (NbdInfo)BinaryPrimitives.ReadUInt16BigEndian(Data);
}

/// <summary>The result of NBD_OPT_GO, NBD_OPT_INFO or NBD_OPT_EXPORT_NAME.</summary>
internal sealed record Terms(long Length, TransmissionFlags Flags, List<OptionReply> Replies)
{
    public static Terms Of(List<OptionReply> replies)
    {
        Assert.Equal(NbdOptionReply.Ack, replies[^1].Type);
        Assert.All(replies.SkipLast(1), reply => Assert.Equal(NbdOptionReply.Info, reply.Type));
        var export = Assert.Single(replies.SkipLast(1), reply => reply.Info == NbdInfo.Export).Data;
        Assert.Equal(12, export.Length);
        var flags = (TransmissionFlags)BinaryPrimitives.ReadUInt16BigEndian(export.AsSpan(10));
        return new Terms(BinaryPrimitives.ReadInt64BigEndian(export.AsSpan(2)), flags, replies);
    }

    public string? Text(NbdInfo info) => Find(info) is { } found ? Encoding.UTF8.GetString(found.Data.AsSpan(2)) : null;

    public (uint Smallest, uint Preferred, uint Largest)? BlockSizes => Find(NbdInfo.BlockSize) is { } found
        ? (BinaryPrimitives.ReadUInt32BigEndian(found.Data.AsSpan(2)), BinaryPrimitives.ReadUInt32BigEndian(found.Data.AsSpan(6)),
            BinaryPrimitives.ReadUInt32BigEndian(found.Data.AsSpan(10)))
        : null;

    private OptionReply? Find(NbdInfo info) => Replies.SkipLast(1).FirstOrDefault(reply => reply.Info == info);
}

internal sealed record SimpleReply(ulong Cookie, NbdError Error);

internal sealed record Chunk(ulong Cookie, ChunkFlags Flags, ChunkType Type, byte[] Data)
{
    public bool IsLast => (Flags & ChunkFlags.Done) != 0;

    public bool IsError => ((ushort)Type & 0x8000) != 0;

    public NbdError Error => IsError ? (NbdError)BinaryPrimitives.ReadUInt32BigEndian(Data) : NbdError.None;

    /// <summary>The offset of a data chunk.</summary>
    public long Offset => BinaryPrimitives.ReadInt64BigEndian(Data);

    public ReadOnlySpan<byte> Content => Data.AsSpan(8);

    /// <summary>The extents of a block status chunk.</summary>
    public List<(uint Length, ExtentFlags Flags)> Extents
    {
        get
        {
            Assert.Equal(ChunkType.BlockStatus, Type);
            Assert.Equal(0, (Data.Length - 4) % 8);
            var extents = new List<(uint, ExtentFlags)>();
            for (var at = 4; at < Data.Length; at += 8)
                extents.Add((BinaryPrimitives.ReadUInt32BigEndian(Data.AsSpan(at)), (ExtentFlags)BinaryPrimitives.ReadUInt32BigEndian(Data.AsSpan(at + 4))));
            return extents;
        }
    }

    /// <summary>Joins the data of a read. Checks that each byte arrives exactly once, unless there was an error.</summary>
    public static (NbdError Error, byte[] Data) Join(List<Chunk> chunks, long offset, int length)
    {
        if (chunks.Find(chunk => chunk.IsError) is { } wrong)
            return (wrong.Error, []);
        var data = new byte[length];
        var missing = Enumerable.Repeat(true, length).ToArray();
        foreach (var chunk in chunks.Where(chunk => chunk.Type != ChunkType.None))
        {
            Assert.Equal(ChunkType.OffsetData, chunk.Type);
            var at = (int)(chunk.Offset - offset);
            Assert.DoesNotContain(false, missing[at..(at + chunk.Content.Length)]);
            chunk.Content.CopyTo(data.AsSpan(at));
            missing.AsSpan(at, chunk.Content.Length).Clear();
        }
        Assert.DoesNotContain(true, missing);
        return (NbdError.None, data);
    }
}
