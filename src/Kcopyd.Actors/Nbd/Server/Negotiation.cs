using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>
/// The fixed newstyle negotiation, the server's side: one option after the other, until one begins the transmission or ends the connection.
/// Knows no clock; who runs it closes the connection when it takes too long.
/// </summary>
/// <remarks>Invariants: no length that a client sends becomes memory before it was compared with a bound; a refused option is skipped whole, so that the next
/// one is found; nothing that was agreed on in plain text holds under TLS; a client that is not trusted gets to no export, nor hears of one.</remarks>
internal sealed class Negotiation(Wire wire, ExportTable exports, NbdTls? tls, bool requireTls)
{
    private const int LargestOption = 64 << 10;     // bytes of data that are looked at
    private const int LargestSkipped = 1 << 20;     // bytes of a longer one that are thrown away; behind that it is no client
    private const int MostOptions = 10_000;         // a client has a handful

    private readonly OptionReplies _reply = new(wire);
    private bool _isStructured;
    private string? _contextOf;     // the export that base:allocation was chosen for
    private bool _startsTls;
    private string? _distrust;      // why this client gets nothing but this answer

    /// <exception cref="HandshakeException">The client breaks the protocol, or must not go on.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async Task<Negotiated> RunAsync()
    {
        try
        {
            var negotiated = await NegotiateAsync().ConfigureAwait(false);
            return _distrust is null ? negotiated : throw new UntrustedClientException(_distrust);
        }
        catch (Exception) when (_distrust is not null)
        {
            throw new UntrustedClientException(_distrust);      // however it left
        }
    }

    private async Task<Negotiated> NegotiateAsync()
    {
        _reply.Greeting();
        await _reply.SendAsync().ConfigureAwait(false);
        var flags = BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(4).ConfigureAwait(false));
        if ((flags & ~(uint)(ClientFlags.FixedNewstyle | ClientFlags.NoZeroes)) != 0)
            throw new HandshakeException($"it has flags that are unknown here (0x{flags:x})");
        var noZeroes = (flags & (uint)ClientFlags.NoZeroes) != 0;
        for (var i = 0; i < MostOptions; i++)
        {
            var header = await ReadAsync(NbdNumbers.OptionHeader).ConfigureAwait(false);
            if (BinaryPrimitives.ReadUInt64BigEndian(header) != NbdNumbers.OptionMagic)
                throw new HandshakeException("an option does not begin as one");
            var option = (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
            var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12));
            if (option == NbdOption.ExportName)
                return await ExportNameAsync(length, noZeroes).ConfigureAwait(false);
            if (length > LargestOption)
            {
                await SkipAsync(option, length).ConfigureAwait(false);
                continue;
            }
            var data = await ReadAsync((int)length).ConfigureAwait(false);
            if (await AnswerAsync(option, data).ConfigureAwait(false) is { } negotiated)
                return negotiated;
        }
        throw new HandshakeException($"it sent {MostOptions} options and chose no export");
    }

    private async Task<Negotiated?> AnswerAsync(NbdOption option, byte[] data)
    {
        var negotiated = tls is not null && requireTls && !wire.IsEncrypted && option is not (NbdOption.Abort or NbdOption.StartTls)
            ? Refuse(option, NbdOptionReply.TlsRequired, "This server wants TLS first.")
            : _distrust is not null && option != NbdOption.Abort ? Refuse(option, NbdOptionReply.Policy, $"This server takes only clients with a certificate of an authority that it knows: {_distrust}.")
            : option switch
            {
                NbdOption.Abort => Abort(),
                NbdOption.List => List(data),
                NbdOption.StartTls => StartTls(data),
                NbdOption.Info or NbdOption.Go => Go(option, data),
                NbdOption.StructuredReply => Structured(data),
                NbdOption.ListMetaContext or NbdOption.SetMetaContext => MetaContext(option, data),
                _ => Refuse(option, NbdOptionReply.Unsupported, "This server does not have that option."),
            };
        try
        {
            await _reply.SendAsync().ConfigureAwait(false);
        }
        catch (IOException) when (option == NbdOption.Abort)
        {
            // It may leave without waiting for the answer.
        }
        if (!_startsTls)
            return negotiated;
        _startsTls = false;
        var trust = new PeerTrust(tls!);
        if (!await wire.EncryptAsync(stream => stream.AuthenticateAsServerAsync(trust.ToOptions())).ConfigureAwait(false))
            throw new HandshakeException("it sent more in plain text behind NBD_OPT_STARTTLS");
        _distrust = trust.Refusal;
        (_isStructured, _contextOf) = (false, null);
        return null;
    }

    private Negotiated Abort()
    {
        _reply.Add(NbdOption.Abort, NbdOptionReply.Ack);
        return new Negotiated(null, false, false);
    }

    private Negotiated? StartTls(byte[] data)
    {
        if (tls is null)
            return Refuse(NbdOption.StartTls, NbdOptionReply.Unsupported, "This server has no TLS.");
        if (data.Length != 0 || wire.IsEncrypted)
            return Refuse(NbdOption.StartTls, NbdOptionReply.Invalid, wire.IsEncrypted ? "TLS has begun before." : "NBD_OPT_STARTTLS has no data.");
        _reply.Add(NbdOption.StartTls, NbdOptionReply.Ack);
        _startsTls = true;
        return null;
    }

    private Negotiated? Structured(byte[] data)
    {
        if (data.Length != 0)
            return Refuse(NbdOption.StructuredReply, NbdOptionReply.Invalid, "NBD_OPT_STRUCTURED_REPLY has no data.");
        _isStructured = true;
        _reply.Add(NbdOption.StructuredReply, NbdOptionReply.Ack);
        return null;
    }

    private Negotiated? List(byte[] data)
    {
        if (data.Length != 0)
            return Refuse(NbdOption.List, NbdOptionReply.Invalid, "NBD_OPT_LIST has no data.");
        foreach (var export in exports.All)
            _reply.AddExport(export);
        _reply.Add(NbdOption.List, NbdOptionReply.Ack);
        return null;
    }

    private Negotiated? Go(NbdOption option, byte[] data)
    {
        var reader = new OptionReader(data);
        if (!reader.TryString(out var name) || !reader.TryUInt16(out var count) || reader.Remaining != 2 * count)
            return Refuse(option, NbdOptionReply.Invalid, "Its lengths do not add up.");
        var (wantsName, wantsDescription, wantsBlockSize) = (false, false, false);
        while (reader.TryUInt16(out var info))
        {
            wantsName |= info == (ushort)NbdInfo.Name;
            wantsDescription |= info == (ushort)NbdInfo.Description;
            wantsBlockSize |= info == (ushort)NbdInfo.BlockSize;
        }
        if (exports.Find(name) is not { } export)
            return Refuse(option, NbdOptionReply.Unknown, $"There is no export '{OptionReplies.Shown(name)}'.");
        if (export.Alignment > 1 && !wantsBlockSize)
            return Refuse(option, NbdOptionReply.BlockSizeRequired, $"This export wants multiples of {export.Alignment} bytes: ask for NBD_INFO_BLOCK_SIZE.");
        _reply.AddExportInfo(option, export, export.Flags(_isStructured));
        if (wantsName)
            _reply.AddText(option, NbdInfo.Name, export.Name);
        if (wantsDescription && export.Description is { } description)
            _reply.AddText(option, NbdInfo.Description, description);
        if (wantsBlockSize)
            _reply.AddBlockSizes(option, export);
        _reply.Add(option, NbdOptionReply.Ack);
        return option == NbdOption.Go ? new Negotiated(export, _isStructured, _isStructured && _contextOf == export.Name) : null;
    }

    private Negotiated? MetaContext(NbdOption option, byte[] data)
    {
        var isSet = option == NbdOption.SetMetaContext;
        if (isSet)
            _contextOf = null;
        if (!_isStructured && isSet)
            return Refuse(option, NbdOptionReply.Invalid, "Metadata contexts need structured replies.");
        var reader = new OptionReader(data);
        if (!reader.TryString(out var name) || !reader.TryUInt32(out var count) || count > (uint)reader.Remaining / 4)
            return Refuse(option, NbdOptionReply.Invalid, "Its lengths do not add up.");
        var isMeant = count == 0 && !isSet;     // a list without queries is of everything
        for (; count > 0; count--)
        {
            if (!reader.TryString(out var query))
                return Refuse(option, NbdOptionReply.Invalid, "Its lengths do not add up.");
            isMeant |= query == NbdNumbers.BaseAllocation || (!isSet && query == "base:");
        }
        if (reader.Remaining != 0)
            return Refuse(option, NbdOptionReply.Invalid, "Its lengths do not add up.");
        if (exports.Find(name) is not { } export)
            return Refuse(option, NbdOptionReply.Unknown, $"There is no export '{OptionReplies.Shown(name)}'.");
        if (isMeant)
            _reply.AddContext(option, isSet ? Negotiated.AllocationContext : 0);
        if (isMeant && isSet)
            _contextOf = export.Name;
        _reply.Add(option, NbdOptionReply.Ack);
        return null;
    }

    private Negotiated? Refuse(NbdOption option, NbdOptionReply reply, string why)
    {
        _reply.Clear();
        _reply.Add(option, reply, why);
        return null;
    }

    // It has no way to say no but to hang up.
    private async Task<Negotiated> ExportNameAsync(uint length, bool noZeroes)
    {
        if (length > NbdNumbers.LongestString)
            throw new HandshakeException($"it asks for an export with a name of {length} bytes");
        var data = await ReadAsync((int)length).ConfigureAwait(false);
        if (tls is not null && requireTls && !wire.IsEncrypted)
            throw new HandshakeException("it does not use TLS, which is required");
        if (_distrust is not null)
            throw new UntrustedClientException(_distrust);
        if (!OptionReader.TryDecode(data, out var name) || exports.Find(name) is not { } export)
            throw new HandshakeException($"it asks for an export that does not exist, '{OptionReplies.Shown(Encoding.UTF8.GetString(data))}'");
        if (export.Alignment > 1)
            throw new HandshakeException($"it does not ask for block sizes, and export '{OptionReplies.Shown(name)}' wants multiples of {export.Alignment} bytes");
        _reply.ExportName(export, export.Flags(_isStructured), noZeroes);
        await _reply.SendAsync().ConfigureAwait(false);
        return new Negotiated(export, _isStructured, _isStructured && _contextOf == name);
    }

    private async Task SkipAsync(NbdOption option, uint length)
    {
        if (length > LargestSkipped)
            throw new HandshakeException($"it sends an option of {length} bytes");
        for (var rest = (int)length; rest > 0;)
        {
            var piece = Math.Min(rest, 4096);
            await ReadAsync(piece).ConfigureAwait(false);
            rest -= piece;
        }
        Refuse(option, NbdOptionReply.TooBig, $"An option may have {LargestOption} bytes here.");
        await _reply.SendAsync().ConfigureAwait(false);
    }

    private async ValueTask<byte[]> ReadAsync(int bytes)
    {
        if (bytes == 0)
            return [];
        var read = await wire.Input.ReadAtLeastAsync(bytes).ConfigureAwait(false);
        if (read.Buffer.Length < bytes)
            throw new EndOfStreamException("it left amid the negotiation");
        var data = read.Buffer.Slice(0, bytes).ToArray();
        wire.Input.AdvanceTo(read.Buffer.GetPosition(bytes));
        return data;
    }
}
