using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Negotiates from the server's greeting to the first request: fixed newstyle only.</summary>
internal sealed class NbdHandshake(OptionStream options)
{
    private const int MaxReplies = 64;          // to one option
    private const int MaxExports = 10_000;      // in a list

    private bool _hasZeroes;

    /// <summary>The TLS handshake with the server; null without TLS.</summary>
    public ServerTrust? Trust { get; set; }

    public async Task GreetAsync()
    {
        var greeting = await options.ReadAsync(16, "before its greeting").ConfigureAwait(false);
        if (BinaryPrimitives.ReadUInt64BigEndian(greeting) != NbdNumbers.ServerMagic)
            throw new NbdException(NbdFailure.Protocol, $"{options.Server} is not an NBD server, or speaks TLS from the first byte, which NBD does not.");
        var style = BinaryPrimitives.ReadUInt64BigEndian(greeting.AsSpan(8));
        if (style == NbdNumbers.OldstyleMagic)
        {
            throw new NbdException(NbdFailure.Protocol,
                $"{options.Server} speaks oldstyle NBD, which cannot name an export and has no TLS; use a newer server (nbdkit without --oldstyle).");
        }
        if (style != NbdNumbers.OptionMagic)
            throw options.Broken("its greeting has an unknown style");
        var flags = (HandshakeFlags)BinaryPrimitives.ReadUInt16BigEndian(await options.ReadAsync(2, "in its greeting").ConfigureAwait(false));
        if ((flags & HandshakeFlags.FixedNewstyle) == 0)
        {
            throw new NbdException(NbdFailure.Protocol,
                $"{options.Server} speaks newstyle NBD from before 2011 (not fixed newstyle), in which options cannot be refused; use a newer server.");
        }
        _hasZeroes = (flags & HandshakeFlags.NoZeroes) == 0;
        await options.SendFlagsAsync(ClientFlags.FixedNewstyle | (_hasZeroes ? 0 : ClientFlags.NoZeroes)).ConfigureAwait(false);
    }

    /// <summary>Asks for TLS. There is no fallback to plain text.</summary>
    public async Task StartTlsAsync()
    {
        await options.SendAsync(NbdOption.StartTls, default).ConfigureAwait(false);
        var reply = await options.ReceiveAsync(NbdOption.StartTls).ConfigureAwait(false);
        if (reply.Type == NbdOptionReply.Ack && reply.Data.Length == 0)
            return;
        throw reply.IsError
            ? new NbdException(NbdFailure.TlsUnavailable, $"{options.Server} refuses TLS ({reply.Type}){reply.Message}. Enable TLS on the server, "
                + "or begin the address with nbd for plain text, which an attacker on the path can read and change.")
            : options.Broken($"it answered {NbdOption.StartTls} with {reply.Type}");
    }

    /// <summary>Agrees on an export; after that, the connection is in the transmission phase.</summary>
    public async Task<NbdTerms> AgreeAsync(string export)
    {
        var terms = new NbdTerms { IsStructured = await AskStructuredAsync().ConfigureAwait(false) };
        if (terms.IsStructured)
            terms = terms with { Allocation = await AskAllocationAsync(export).ConfigureAwait(false) };
        return await DescribeAsync(NbdOption.Go, export, terms).ConfigureAwait(false) ?? await ChooseAsync(export, terms).ConfigureAwait(false);
    }

    /// <summary>Returns the names of the exports.</summary>
    public async Task<IReadOnlyList<string>> ListAsync()
    {
        await options.SendAsync(NbdOption.List, default).ConfigureAwait(false);
        var names = new List<string>();
        while (true)
        {
            var reply = await options.ReceiveAsync(NbdOption.List).ConfigureAwait(false);
            if (reply.Type == NbdOptionReply.Ack)
                return names;
            if (reply.IsError)
                throw Refused(NbdOption.List, "", reply);
            var length = reply.Data.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(reply.Data) : uint.MaxValue;
            if (reply.Type != NbdOptionReply.Server || length > NbdNumbers.MaxString || length > reply.Data.Length - 4)
                throw options.Broken("an export in its list is malformed");
            if (names.Count == MaxExports)
                throw options.Broken($"it lists more than {MaxExports} exports");
            names.Add(Encoding.UTF8.GetString(reply.Data.AsSpan(4, (int)length)));
        }
    }

    /// <summary>Asks about an export (<see cref="NbdOption.Info"/>) or opens it (<see cref="NbdOption.Go"/>); null if the server does not know the
    /// option.</summary>
    public async Task<NbdTerms?> DescribeAsync(NbdOption option, string export, NbdTerms terms)
    {
        var name = Encoding.UTF8.GetBytes(export);
        var payload = new byte[4 + name.Length + 6];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)name.Length);
        name.CopyTo(payload, 4);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(4 + name.Length), 2);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(6 + name.Length), (ushort)NbdInfo.BlockSize);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(8 + name.Length), (ushort)NbdInfo.Description);
        await options.SendAsync(option, payload).ConfigureAwait(false);
        for (var replies = 0; replies < MaxReplies; replies++)
        {
            var reply = await options.ReceiveAsync(option).ConfigureAwait(false);
            switch (reply.Type)
            {
                case NbdOptionReply.Info:
                    terms = ApplyInfo(terms, reply.Data);
                    break;
                case NbdOptionReply.Ack:
                    return terms.Length >= 0 ? terms : throw options.Broken("it did not report the size of the export");
                case NbdOptionReply.Unsupported:
                    return null;
                default:
                    throw reply.IsError ? Refused(option, export, reply) : options.Broken($"it answered {option} with {reply.Type}");
            }
        }
        throw options.Broken($"it sends too many answers to {option}");
    }

    private async Task<NbdTerms> ChooseAsync(string export, NbdTerms terms)
    {
        await options.SendAsync(NbdOption.ExportName, Encoding.UTF8.GetBytes(export)).ConfigureAwait(false);
        var data = await options.ReadAsync(10, $"when asked for the export '{export}': it may not have it").ConfigureAwait(false);
        if (_hasZeroes)
            await options.ReadAsync(124, $"when asked for the export '{export}'").ConfigureAwait(false);
        return WithExport(terms, data);
    }

    private async Task<bool> AskStructuredAsync()
    {
        await options.SendAsync(NbdOption.StructuredReply, default).ConfigureAwait(false);
        var reply = await options.ReceiveAsync(NbdOption.StructuredReply).ConfigureAwait(false);
        return reply.Type switch
        {
            NbdOptionReply.Ack => true,
            NbdOptionReply.TlsRequired or NbdOptionReply.Shutdown => throw Refused(NbdOption.StructuredReply, "", reply),
            _ when reply.IsError => TurnedAway(NbdOption.StructuredReply, reply) is { } away ? throw away : false,
            _ => throw options.Broken($"it answered {NbdOption.StructuredReply} with {reply.Type}"),
        };
    }

    private async Task<uint?> AskAllocationAsync(string export)
    {
        var (name, query) = (Encoding.UTF8.GetBytes(export), Encoding.UTF8.GetBytes(NbdNumbers.BaseAllocation));
        var payload = new byte[4 + name.Length + 8 + query.Length];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)name.Length);
        name.CopyTo(payload, 4);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(4 + name.Length), 1);
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(8 + name.Length), (uint)query.Length);
        query.CopyTo(payload, 12 + name.Length);
        await options.SendAsync(NbdOption.SetMetaContext, payload).ConfigureAwait(false);
        uint? context = null;
        for (var replies = 0; replies < MaxReplies; replies++)
        {
            var reply = await options.ReceiveAsync(NbdOption.SetMetaContext).ConfigureAwait(false);
            if (reply.Type == NbdOptionReply.Ack)
                return context;
            if (reply.IsError)
                return null;        // the next option refuses a missing export
            if (reply.Type != NbdOptionReply.MetaContext || reply.Data.Length < 4)
                throw options.Broken($"it answered {NbdOption.SetMetaContext} with {reply.Type}");
            if (reply.Data.AsSpan(4).SequenceEqual(query))
                context = BinaryPrimitives.ReadUInt32BigEndian(reply.Data);
        }
        throw options.Broken($"it sends too many answers to {NbdOption.SetMetaContext}");
    }

    private NbdTerms ApplyInfo(NbdTerms terms, byte[] data)
    {
        if (data.Length < 2)
            throw options.Broken("an information reply has no type");
        var body = data.AsSpan(2);
        switch ((NbdInfo)BinaryPrimitives.ReadUInt16BigEndian(data))
        {
            case NbdInfo.Export when body.Length == 10:
                return WithExport(terms, body);
            case NbdInfo.BlockSize when body.Length == 12:
                return terms.WithBlockSizes(
                    BinaryPrimitives.ReadUInt32BigEndian(body),
                    BinaryPrimitives.ReadUInt32BigEndian(body[4..]),
                    BinaryPrimitives.ReadUInt32BigEndian(body[8..]));
            case NbdInfo.Description:
                return terms with { Description = ForeignText.Printable(body, NbdNumbers.MaxString) };
            case NbdInfo.Export or NbdInfo.BlockSize:
                throw options.Broken("an information reply has the wrong length");
            default:
                return terms;       // information that was not requested is allowed, and ignored
        }
    }

    private NbdTerms WithExport(NbdTerms terms, ReadOnlySpan<byte> data)
    {
        var length = BinaryPrimitives.ReadUInt64BigEndian(data);
        if (length > long.MaxValue)
            throw options.Broken($"no export can have {length} bytes; the limit is 2^63-1");
        var flags = (TransmissionFlags)BinaryPrimitives.ReadUInt16BigEndian(data[8..]);
        return terms with { Length = (long)length, Flags = (flags & TransmissionFlags.HasFlags) == 0 ? TransmissionFlags.None : flags };
    }

    // The only earlier reply was the agreement on TLS.
    private NbdException? TurnedAway(NbdOption option, OptionReply reply) =>
        reply.Type == NbdOptionReply.Policy && options.Replies == 2 ? Trust?.WhyTurnedAway(options.Server, option, reply.Message) : null;

    private NbdException Refused(NbdOption option, string export, OptionReply reply) => TurnedAway(option, reply) ?? reply.Type switch
    {
        NbdOptionReply.TlsRequired => new(NbdFailure.TlsRequired,
            $"{options.Server} requires TLS{reply.Message}. Begin the address with nbds instead of nbd, "
            + "and give tls-certificates=FOLDER if the machine does not trust its authority."),
        NbdOptionReply.Unknown => new(NbdFailure.NoExport,
            $"{options.Server} has no export '{export}'{reply.Message}. List its exports, if it permits that: nbdinfo --list."),
        NbdOptionReply.Policy => new(NbdFailure.Refused, $"{options.Server} does not permit {option} to this client{reply.Message}."),
        NbdOptionReply.Unsupported => new(NbdFailure.Refused, $"{options.Server} does not support {option}{reply.Message}."),
        NbdOptionReply.Shutdown => new(NbdFailure.Refused, $"{options.Server} is shutting down{reply.Message}."),
        _ => new(NbdFailure.Refused, $"{options.Server} refuses {option} ({reply.Type}){reply.Message}."),
    };
}
