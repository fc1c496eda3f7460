using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>What a fake server announces about its export.</summary>
internal sealed record FakeExport(long Length = 1 << 20)
{
    public TransmissionFlags Flags { get; init; } =
        TransmissionFlags.HasFlags | TransmissionFlags.SendFlush | TransmissionFlags.SendFua | TransmissionFlags.SendTrim | TransmissionFlags.SendWriteZeroes;

    public bool IsStructured { get; init; } = true;

    public bool HasMap { get; init; } = true;

    public bool HasGo { get; init; } = true;

    public (uint Minimum, uint Preferred, uint Maximum)? Blocks { get; init; }
}

internal readonly record struct FakeRequest(NbdCommand Command, CommandFlags Flags, ulong Cookie, long Offset, uint Length, byte[] Data);

/// <summary>One connection of a fake server.</summary>
internal sealed class FakeConnection(Stream stream, int number) : IDisposable
{
    public const uint Context = 7;

    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _ended = new();

    public Stream Stream { get; set; } = stream;

    /// <summary>Counts from 1.</summary>
    public int Number { get; } = number;

    /// <summary>True once the client has sent NBD_CMD_DISC.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Cancelled when this side ends the connection.</summary>
    public CancellationToken Ended => _ended.Token;

    public void Dispose()
    {
        _ended.Cancel();
        Stream.Dispose();
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    /// <summary>Reads whatever arrives and answers nothing, until the connection ends.</summary>
    public async Task SwallowAsync()
    {
        var bytes = new byte[64 << 10];
        while (await Stream.ReadAsync(bytes) > 0)
        {
        }
    }

    public async Task WriteAsync(params byte[][] parts)
    {
        await _writing.WaitAsync();
        try
        {
            await Stream.WriteAsync(parts.SelectMany(static part => part).ToArray());
        }
        finally
        {
            _writing.Release();
        }
    }

    public async Task GreetAsync(HandshakeFlags flags = HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes)
    {
        await WriteAsync(U64(NbdNumbers.ServerMagic), U64(NbdNumbers.OptionMagic), U16((ushort)flags));
        await ReadAsync(4);
    }

    public async Task<(NbdOption Option, byte[] Data)> ReadOptionAsync()
    {
        var header = await ReadAsync(16);
        return ((NbdOption)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)),
            await ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12))));
    }

    public Task ReplyAsync(NbdOption option, NbdOptionReply type, params byte[][] data)
    {
        var body = data.SelectMany(static part => part).ToArray();
        return WriteAsync(U64(NbdNumbers.OptionReplyMagic), U32((uint)option), U32((uint)type), U32((uint)body.Length), body);
    }

    /// <summary>Sends the greeting and answers options until the client chooses the export.</summary>
    public async Task NegotiateAsync(FakeExport export)
    {
        await GreetAsync();
        await OptionsAsync(export);
    }

    public async Task OptionsAsync(FakeExport export)
    {
        while (true)
        {
            var (option, data) = await ReadOptionAsync();
            switch (option)
            {
                case NbdOption.StructuredReply when export.IsStructured:
                    await ReplyAsync(option, NbdOptionReply.Ack);
                    break;
                case NbdOption.SetMetaContext when export.HasMap:
                    await ReplyAsync(option, NbdOptionReply.MetaContext, U32(Context), Encoding.UTF8.GetBytes(NbdNumbers.BaseAllocation));
                    await ReplyAsync(option, NbdOptionReply.Ack);
                    break;
                case NbdOption.Go or NbdOption.Info when export.HasGo:
                    await ReplyAsync(option, NbdOptionReply.Info, U16((ushort)NbdInfo.Export), U64((ulong)export.Length), U16((ushort)export.Flags));
                    if (export.Blocks is var (minimum, preferred, maximum))
                        await ReplyAsync(option, NbdOptionReply.Info, U16((ushort)NbdInfo.BlockSize), U32(minimum), U32(preferred), U32(maximum));
                    await ReplyAsync(option, NbdOptionReply.Ack);
                    if (option == NbdOption.Go)
                        return;
                    break;
                case NbdOption.ExportName:
                    await WriteAsync(U64((ulong)export.Length), U16((ushort)export.Flags));
                    return;
                default:
                    await ReplyAsync(option, NbdOptionReply.Unsupported);
                    break;
            }
        }
    }

    /// <summary>The next request, or null if the client disconnects or is gone.</summary>
    public async Task<FakeRequest?> RequestAsync()
    {
        var header = new byte[NbdNumbers.RequestHeader];
        if (await Stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false) < header.Length)
            return null;
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != NbdNumbers.RequestMagic)
            throw new InvalidDataException("The client sent something that is not a request.");
        var command = (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6));
        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(24));
        HasLeft = command == NbdCommand.Disconnect;
        return command == NbdCommand.Disconnect ? null : new FakeRequest(
            command, (CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)), BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)),
            (long)BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(16)), length, command == NbdCommand.Write ? await ReadAsync((int)length) : []);
    }

    /// <summary>The next request, which must arrive.</summary>
    public async Task<FakeRequest> NextAsync() => await RequestAsync() ?? throw new EndOfStreamException();

    public Task SimpleAsync(ulong cookie, NbdError error = NbdError.None, params byte[][] data) =>
        WriteAsync([U32(NbdNumbers.SimpleReplyMagic), U32((uint)error), U64(cookie), .. data]);

    public Task ChunkAsync(ulong cookie, ChunkType type, bool isLast, params byte[][] data)
    {
        var body = data.SelectMany(static part => part).ToArray();
        return WriteAsync(
            U32(NbdNumbers.StructuredReplyMagic), U16((ushort)(isLast ? ChunkFlags.Done : ChunkFlags.None)), U16((ushort)type), U64(cookie),
            U32((uint)body.Length), body);
    }

    public Task DataAsync(ulong cookie, long offset, byte[] data, bool isLast = false) =>
        ChunkAsync(cookie, ChunkType.OffsetData, isLast, U64((ulong)offset), data);

    public Task HoleAsync(ulong cookie, long offset, uint length, bool isLast = false) =>
        ChunkAsync(cookie, ChunkType.OffsetHole, isLast, U64((ulong)offset), U32(length));

    public Task DoneAsync(ulong cookie) => ChunkAsync(cookie, ChunkType.None, true);

    public Task ErrorAsync(ulong cookie, NbdError error, bool isLast = true) => ChunkAsync(cookie, ChunkType.Error, isLast, U32((uint)error), U16(0));

    public static byte[] U16(ushort value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value) => [.. U16((ushort)(value >> 16)), .. U16((ushort)value)];

    public static byte[] U64(ulong value) => [.. U32((uint)(value >> 32)), .. U32((uint)value)];
}
