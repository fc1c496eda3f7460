using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Writes the replies of the server in a negotiation.</summary>
internal sealed class OptionReplies(Wire wire)
{
    private const int MaxShown = 80;        // characters of a name from a client, in a message

    private readonly ArrayBufferWriter<byte> _pending = new();     // a reply of several parts can be withdrawn until it is sent

    public void Greeting()
    {
        Span<byte> greeting = stackalloc byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(greeting, NbdNumbers.ServerMagic);
        BinaryPrimitives.WriteUInt64BigEndian(greeting[8..], NbdNumbers.OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(greeting[16..], (ushort)(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes));
        _pending.Write(greeting);
    }

    /// <summary>Withdraws the reply that has not been sent.</summary>
    public void Clear() => _pending.ResetWrittenCount();

    public void Add(NbdOption option, NbdOptionReply reply, string message = "") => Add(option, reply, Encoding.UTF8.GetBytes(message));

    public void AddExport(ExportCore export)
    {
        // The protocol allows a description after the name.
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
        BinaryPrimitives.WriteInt32BigEndian(data[10..], NbdNumbers.MaxPayload);
        Add(option, NbdOptionReply.Info, data);
    }

    public void AddContext(NbdOption option, uint number)
    {
        var data = new byte[4 + NbdNumbers.BaseAllocation.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, number);
        Encoding.UTF8.GetBytes(NbdNumbers.BaseAllocation, data.AsSpan(4));
        Add(option, NbdOptionReply.MetaContext, data);
    }

    /// <summary>Adds the reply to NBD_OPT_EXPORT_NAME, which has no header.</summary>
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

    /// <summary>A name from a client, in a printable form.</summary>
    public static string Shown(string name) => ForeignText.Printable(name, MaxShown);

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
