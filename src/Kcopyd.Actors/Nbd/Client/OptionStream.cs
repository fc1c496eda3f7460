using System.Buffers;
using System.Buffers.Binary;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Sends options and receives their replies, one option at a time. Every length that a server sends is checked before memory is allocated for
/// it.</summary>
internal sealed class OptionStream(Wire transport, string server, CancellationToken cancellationToken)
{
    private const int MaxReply = 16 << 10;      // bytes: two strings and some numbers

    public string Server { get; } = server;

    /// <summary>Number of replies to options received so far.</summary>
    public int Replies { get; private set; }

    public async Task SendAsync(NbdOption option, ReadOnlyMemory<byte> payload)
    {
        var header = new byte[NbdNumbers.OptionHeader];
        BinaryPrimitives.WriteUInt64BigEndian(header, NbdNumbers.OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), (uint)option);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(12), (uint)payload.Length);
        transport.Output.Write(header);
        transport.Output.Write(payload.Span);
        await FlushAsync().ConfigureAwait(false);
    }

    public async Task SendFlagsAsync(ClientFlags flags)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)flags);
        transport.Output.Write(bytes);
        await FlushAsync().ConfigureAwait(false);
    }

    public async Task<OptionReply> ReceiveAsync(NbdOption option)
    {
        var header = await ReadAsync(NbdNumbers.OptionReplyHeader, $"in the answer to {option}").ConfigureAwait(false);
        if (BinaryPrimitives.ReadUInt64BigEndian(header) != NbdNumbers.OptionReplyMagic)
            throw Broken($"its answer to {option} does not begin with the magic number of a reply");
        if (BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)) != (uint)option)
            throw Broken($"it answered {option} with the answer to another option");
        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(16));
        if (length > MaxReply)
            throw Broken($"its answer to {option} has {length} bytes");
        var data = await ReadAsync((int)length, $"in the answer to {option}").ConfigureAwait(false);
        Replies++;
        return new OptionReply((NbdOptionReply)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12)), data);
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes.</summary>
    public async Task<byte[]> ReadAsync(int count, string where)
    {
        if (count == 0)
            return [];
        var result = await transport.Input.ReadAtLeastAsync(count, cancellationToken).ConfigureAwait(false);
        if (result.Buffer.Length < count)
            throw new NbdException(NbdFailure.Disconnected, $"{Server} closed the connection {where}.");
        var wanted = result.Buffer.Slice(0, count);
        var bytes = wanted.ToArray();
        transport.Input.AdvanceTo(wanted.End);
        return bytes;
    }

    public NbdException Broken(string reason) => new(NbdFailure.Protocol, $"{Server} violates the NBD protocol: {reason}.");

    private async Task FlushAsync() => await transport.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
}

/// <summary>One reply to an option.</summary>
internal readonly record struct OptionReply(NbdOptionReply Type, byte[] Data)
{
    public bool IsError => ((uint)Type & 0x8000_0000) != 0;

    /// <summary>The server's message of an error, with a leading colon and without the final period; empty if there is none.</summary>
    public string Message => IsError && Data.Length > 0 && ForeignText.Phrase(ForeignText.Printable(Data)) is { Length: > 0 } said ? $": {said}" : "";
}
