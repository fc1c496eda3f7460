using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>
/// A client that sends any bytes that a test provides, and reads the answers within a time limit. It trusts nothing: it checks everything that the server sends
/// against the protocol.
/// </summary>
internal sealed class RawClient : IDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private ulong _cookie = 0x1122_3344_5566_0000;

    private RawClient(Socket socket)
    {
        Socket = socket;
        Stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Socket Socket { get; }

    /// <summary>The stream of the connection. A test replaces it for TLS.</summary>
    public Stream Stream { get; set; }

    public bool IsStructured { get; private set; }

    public static async Task<RawClient> ConnectAsync(EndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        await socket.ConnectAsync(endPoint).WaitAsync(Limit);
        return new RawClient(socket);
    }

    public void Dispose() => Stream.Dispose();

    /// <summary>Resets the connection, like a client that is killed.</summary>
    public void Die()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Dispose();
    }

    public Task SendAsync(Packet packet) => SendAsync(packet.Bytes);

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => Stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);

    public async Task<byte[]> ReadAsync(int bytes)
    {
        var data = new byte[bytes];
        await Stream.ReadExactlyAsync(data).AsTask().WaitAsync(Limit);
        return data;
    }

    /// <summary>Reads until the server ends the connection.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        var all = new MemoryStream();
        try
        {
            await Stream.CopyToAsync(all).WaitAsync(Limit);
        }
        catch (IOException)
        {
            // A server that has not read everything that was sent resets the connection.
        }
        return all.ToArray();
    }

    /// <summary>Checks that the server ends the connection without sending anything more.</summary>
    public async Task EndsAsync() => Assert.Empty(await ReadToEndAsync());

    // ---- negotiation -----------------------------------------------------------------------------------------------

    public async Task GreetAsync(ClientFlags flags = ClientFlags.FixedNewstyle | ClientFlags.NoZeroes)
    {
        var greeting = await ReadAsync(18);
        Assert.Equal(NbdNumbers.ServerMagic, BinaryPrimitives.ReadUInt64BigEndian(greeting));
        Assert.Equal(NbdNumbers.OptionMagic, BinaryPrimitives.ReadUInt64BigEndian(greeting.AsSpan(8)));
        Assert.Equal(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes, (HandshakeFlags)BinaryPrimitives.ReadUInt16BigEndian(greeting.AsSpan(16)));
        await SendAsync(new Packet().U32((uint)flags));
    }

    /// <summary>Sends an option and reads all its answers.</summary>
    public async Task<List<OptionReply>> OptionAsync(NbdOption option, byte[]? data = null)
    {
        await SendAsync(new Packet().Option(option, data));
        return await RepliesAsync(option);
    }

    public async Task<List<OptionReply>> RepliesAsync(NbdOption option)
    {
        var replies = new List<OptionReply>();
        do
            replies.Add(await OptionReplyAsync(option));
        while (!replies[^1].IsLast);
        return replies;
    }

    /// <summary>Sends an option that has one answer.</summary>
    public async Task<NbdOptionReply> AskAsync(NbdOption option, byte[]? data = null) => Assert.Single(await OptionAsync(option, data)).Type;

    /// <summary>Chooses an export, which starts the transmission phase.</summary>
    public async Task<Terms> GoAsync(string export = "", params NbdInfo[] wanted) => Terms.Of(await OptionAsync(NbdOption.Go, Packet.Go(export, wanted)));

    /// <summary>Negotiates structured replies, and the block status of an export if one is named.</summary>
    public async Task StructuredAsync(string? allocationOf = null)
    {
        Assert.Equal(NbdOptionReply.Ack, await AskAsync(NbdOption.StructuredReply));
        IsStructured = true;
        if (allocationOf is null)
            return;
        var replies = await OptionAsync(NbdOption.SetMetaContext, Packet.Contexts(allocationOf, NbdNumbers.BaseAllocation));
        Assert.Equal([NbdOptionReply.MetaContext, NbdOptionReply.Ack], replies.Select(reply => reply.Type));
    }

    private async Task<OptionReply> OptionReplyAsync(NbdOption option)
    {
        var header = await ReadAsync(NbdNumbers.OptionReplyHeader);
        Assert.Equal(NbdNumbers.OptionReplyMagic, BinaryPrimitives.ReadUInt64BigEndian(header));
        Assert.Equal(option, (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)));
        var length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16));
        Assert.InRange(length, 0, 64 << 10);
        return new OptionReply((NbdOptionReply)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12)), await ReadAsync(length));
    }

    // ---- transmission ----------------------------------------------------------------------------------------------

    /// <summary>Sends a request and returns its cookie.</summary>
    public async Task<ulong> BeginAsync(NbdCommand command, long offset = 0, long length = 0, CommandFlags flags = 0, ReadOnlyMemory<byte> payload = default)
    {
        var cookie = ++_cookie;
        await SendAsync(new Packet().Request(command, cookie, (ulong)offset, (uint)length, flags));
        if (!payload.IsEmpty)
            await SendAsync(payload);
        return cookie;
    }

    public async Task<SimpleReply> SimpleAsync()
    {
        var header = await ReadAsync(NbdNumbers.SimpleReplyHeader);
        Assert.Equal(NbdNumbers.SimpleReplyMagic, BinaryPrimitives.ReadUInt32BigEndian(header));
        return new SimpleReply(BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)), (NbdError)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)));
    }

    public async Task<Chunk> ChunkAsync()
    {
        var header = await ReadAsync(NbdNumbers.ChunkHeader);
        Assert.Equal(NbdNumbers.StructuredReplyMagic, BinaryPrimitives.ReadUInt32BigEndian(header));
        var length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16));
        Assert.InRange(length, 0, NbdNumbers.MaxPayload + 8);
        return new Chunk(BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)), (ChunkFlags)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)),
            (ChunkType)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6)), await ReadAsync(length));
    }

    /// <summary>Reads the chunks of the only request in flight.</summary>
    public async Task<List<Chunk>> ChunksAsync(ulong cookie)
    {
        var chunks = new List<Chunk>();
        do
        {
            chunks.Add(await ChunkAsync());
            Assert.Equal(cookie, chunks[^1].Cookie);
        }
        while (!chunks[^1].IsLast);
        return chunks;
    }

    /// <summary>Sends a request and reads its simple reply, which has no data.</summary>
    public async Task<NbdError> DoAsync(NbdCommand command, long offset = 0, long length = 0, CommandFlags flags = 0, ReadOnlyMemory<byte> payload = default)
    {
        var cookie = await BeginAsync(command, offset, length, flags, payload);
        var reply = await SimpleAsync();
        Assert.Equal(cookie, reply.Cookie);
        return reply.Error;
    }

    public Task<NbdError> WriteAsync(long offset, byte[] data, CommandFlags flags = 0) => DoAsync(NbdCommand.Write, offset, data.Length, flags, data);

    /// <summary>Reads, and joins the chunks of a structured reply.</summary>
    public async Task<(NbdError Error, byte[] Data)> ReadAtAsync(long offset, int length, CommandFlags flags = 0)
    {
        var cookie = await BeginAsync(NbdCommand.Read, offset, length, flags);
        if (IsStructured)
            return Chunk.Join(await ChunksAsync(cookie), offset, length);
        var reply = await SimpleAsync();
        Assert.Equal(cookie, reply.Cookie);
        return (reply.Error, reply.Error == NbdError.None ? await ReadAsync(length) : []);
    }

    /// <summary>Reads, and checks that the read succeeds.</summary>
    public async Task<byte[]> GoodReadAsync(long offset, int length)
    {
        var (error, data) = await ReadAtAsync(offset, length);
        Assert.Equal(NbdError.None, error);
        return data;
    }
}
