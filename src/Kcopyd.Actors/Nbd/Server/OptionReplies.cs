using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Writes what the server says in a negotiation.</summary>
internal sealed class OptionReplies(Wire wire)
{
    private const int LongestShown = 80;    // characters of a name that a client made up, in a message

    private readonly ArrayBufferWriter<byte> _pending = new();     // an answer of several parts may still be taken back

    public void Greeting()
    {
        Span<byte> greeting = stackalloc byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(greeting, NbdNumbers.ServerMagic);
        BinaryPrimitives.WriteUInt64BigEndian(greeting[8..], NbdNumbers.OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(greeting[16..], (ushort)(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes));
        _pending.Write(greeting);
    }

    /// <summary>Takes back what was said to an option and not sent.</summary>
    public void Clear() => _pending.ResetWrittenCount();

    public void Add(NbdOption option, NbdOptionReply reply, string message = "") => Add(option, reply, Encoding.UTF8.GetBytes(message));

    public void AddExport(ExportCore export)
    {
        // Behind the name is room for people.
        var data = new byte[4 + Encoding.UTF8.GetByteCount(export.Name + export.Description)];
        BinaryPrimitives.WriteInt32BigEndian(data, Encoding.UTF8.GetByteCount(export.Name));
        Encoding.UTF8.GetBytes(export.Name + export.Description, data.AsSpan(4));
        Add(NbdOption.List, NbdOptionReply.Server, data);
    }

    public void AddExportInfo(NbdOption option, ExportCore export, TransmissionFlags flags)
    {
        Span<byte> data = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)NbdInfo.Export);
        BinaryPrimitives.WriteInt64BigEndian(data[2..], export.Length);
        BinaryPrimitives.WriteUInt16BigEndian(data[10..], (ushort)flags);
        Add(option, NbdOptionReply.Info, data);
    }

    public void AddText(NbdOption option, NbdInfo info, string text)
    {
        var data = new byte[2 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)info);
        Encoding.UTF8.GetBytes(text, data.AsSpan(2));
        Add(option, NbdOptionReply.Info, data);
    }

    public void AddBlockSizes(NbdOption option, ExportCore export)
    {
        Span<byte> data = stackalloc byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)NbdInfo.BlockSize);
        BinaryPrimitives.WriteInt32BigEndian(data[2..], export.Alignment);
        BinaryPrimitives.WriteInt32BigEndian(data[6..], Math.Max(4096, Math.Max(export.Alignment, export.Device.LogicalBlockSize)));
        BinaryPrimitives.WriteInt32BigEndian(data[10..], NbdNumbers.LargestPayload);
        Add(option, NbdOptionReply.Info, data);
    }

    public void AddContext(NbdOption option, uint number)
    {
        var data = new byte[4 + NbdNumbers.BaseAllocation.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, number);
        Encoding.UTF8.GetBytes(NbdNumbers.BaseAllocation, data.AsSpan(4));
        Add(option, NbdOptionReply.MetaContext, data);
    }

    /// <summary>The answer to NBD_OPT_EXPORT_NAME, which has no header.</summary>
    public void ExportName(ExportCore export, TransmissionFlags flags, bool noZeroes)
    {
        Span<byte> data = stackalloc byte[noZeroes ? 10 : 134];
        data.Clear();
        BinaryPrimitives.WriteInt64BigEndian(data, export.Length);
        BinaryPrimitives.WriteUInt16BigEndian(data[8..], (ushort)flags);
        _pending.Write(data);
    }

    public async ValueTask SendAsync()
    {
        await wire.Output.WriteAsync(_pending.WrittenMemory).ConfigureAwait(false);
        _pending.ResetWrittenCount();
    }

    /// <summary>A name from elsewhere, fit to be shown.</summary>
    public static string Shown(string name) => ForeignText.Printable(name, LongestShown);

    private void Add(NbdOption option, NbdOptionReply reply, ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[NbdNumbers.OptionReplyHeader];
        BinaryPrimitives.WriteUInt64BigEndian(header, NbdNumbers.OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], (uint)option);
        BinaryPrimitives.WriteUInt32BigEndian(header[12..], (uint)reply);
        BinaryPrimitives.WriteInt32BigEndian(header[16..], data.Length);
        _pending.Write(header);
        _pending.Write(data);
    }
}
