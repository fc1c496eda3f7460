using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>
/// The server side of the fixed newstyle negotiation: handles one option after another, until one starts the transmission or ends the connection. It has no
/// timeout; the caller closes the connection when the negotiation takes too long.
/// </summary>
/// <remarks>Invariants: a length sent by the client is checked against a limit before memory is allocated for it; a refused option is skipped whole, so that
/// the next one is found; nothing negotiated in plain text remains valid under TLS; an untrusted client neither reaches nor sees an export.</remarks>
internal sealed class Negotiation(Wire wire, ExportTable exports, NbdTls? tls, bool requireTls)
{
    private const int MaxOption = 64 << 10;     // bytes of data that are parsed
    private const int MaxSkipped = 1 << 20;     // bytes of a longer option that are skipped; beyond that it is not an NBD client
    private const int MaxOptions = 10_000;          // a client sends a handful

    private readonly OptionReplies _reply = new(wire);
    private bool _isStructured;
    private string? _contextOf;     // the export for which base:allocation is selected
    private bool _startsTls;
    private string? _distrust;      // why the client is not trusted: the reply to every option

    /// <exception cref="HandshakeException">The client violates the protocol, or is refused.</exception>
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
            throw new UntrustedClientException(_distrust);      // however the negotiation ended
        }
    }

    private async Task<Negotiated> NegotiateAsync()
    {
        _reply.Greeting();
        await _reply.SendAsync().ConfigureAwait(false);
        var flags = BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(4).ConfigureAwait(false));
        if ((flags & ~(uint)(ClientFlags.FixedNewstyle | ClientFlags.NoZeroes)) != 0)
            throw new HandshakeException($"it sent unknown flags (0x{flags:x})");
        var noZeroes = (flags & (uint)ClientFlags.NoZeroes) != 0;
        for (var i = 0; i < MaxOptions; i++)
        {
            var header = await ReadAsync(NbdNumbers.OptionHeader).ConfigureAwait(false);
            if (BinaryPrimitives.ReadUInt64BigEndian(header) != NbdNumbers.OptionMagic)
                throw new HandshakeException("it sent an option without the magic number");
            var option = (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
            var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12));
            if (option == NbdOption.ExportName)
                return await ExportNameAsync(length, noZeroes).ConfigureAwait(false);
            if (length > MaxOption)
            {
                await SkipAsync(option, length).ConfigureAwait(false);
                continue;
            }
            var data = await ReadAsync((int)length).ConfigureAwait(false);
            if (await AnswerAsync(option, data).ConfigureAwait(false) is { } negotiated)
                return negotiated;
        }
        throw new HandshakeException($"it sent {MaxOptions} options without choosing an export");
    }

    private async Task<Negotiated?> AnswerAsync(NbdOption option, byte[] data)
    {
        var negotiated = tls is not null && requireTls && !wire.IsEncrypted && option is not (NbdOption.Abort or NbdOption.StartTls)
            ? Refuse(option, NbdOptionReply.TlsRequired, "This server requires TLS first.")
            : _distrust is not null && option != NbdOption.Abort
            ? Refuse(option, NbdOptionReply.Policy,
                $"This server accepts only clients with a certificate of an authority that it trusts. Client refused: {_distrust}.")
            : option switch
            {
                NbdOption.Abort => Abort(),
                NbdOption.List => List(data),
                NbdOption.StartTls => StartTls(data),
                NbdOption.Info or NbdOption.Go => Go(option, data),
                NbdOption.StructuredReply => Structured(data),
                NbdOption.ListMetaContext or NbdOption.SetMetaContext => MetaContext(option, data),
                _ => Refuse(option, NbdOptionReply.Unsupported, "This server does not support the option."),
            };
        try
        {
            await _reply.SendAsync().ConfigureAwait(false);
        }
        catch (IOException) when (option == NbdOption.Abort)
        {
            // The client may disconnect without waiting for the reply.
        }
        if (!_startsTls)
            return negotiated;
        _startsTls = false;
        var trust = new PeerTrust(tls!);
        if (!await wire.EncryptAsync(stream => stream.AuthenticateAsServerAsync(trust.ToOptions())).ConfigureAwait(false))
            throw new HandshakeException("it sent more data in plain text after NBD_OPT_STARTTLS");
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
            return Refuse(NbdOption.StartTls, NbdOptionReply.Unsupported, "This server does not offer TLS.");
        if (data.Length != 0 || wire.IsEncrypted)
            return Refuse(NbdOption.StartTls, NbdOptionReply.Invalid, wire.IsEncrypted ? "TLS has already started." : "NBD_OPT_STARTTLS must have no data.");
        _reply.Add(NbdOption.StartTls, NbdOptionReply.Ack);
        _startsTls = true;
        return null;
    }

    private Negotiated? Structured(byte[] data)
    {
        if (data.Length != 0)
            return Refuse(NbdOption.StructuredReply, NbdOptionReply.Invalid, "NBD_OPT_STRUCTURED_REPLY must have no data.");
        _isStructured = true;
        _reply.Add(NbdOption.StructuredReply, NbdOptionReply.Ack);
        return null;
    }

    private Negotiated? List(byte[] data)
    {
        if (data.Length != 0)
            return Refuse(NbdOption.List, NbdOptionReply.Invalid, "NBD_OPT_LIST must have no data.");
        foreach (var export in exports.All)
            _reply.AddExport(export);
        _reply.Add(NbdOption.List, NbdOptionReply.Ack);
        return null;
    }

    private Negotiated? Go(NbdOption option, byte[] data)
    {
        var reader = new OptionReader(data);
        if (!reader.TryString(out var name) || !reader.TryUInt16(out var count) || reader.Remaining != 2 * count)
            return Refuse(option, NbdOptionReply.Invalid, "The lengths in the option are inconsistent.");
        var (wantsName, wantsDescription, wantsBlockSize) = (false, false, false);
        while (reader.TryUInt16(out var info))
        {
            wantsName |= info == (ushort)NbdInfo.Name;
            wantsDescription |= info == (ushort)NbdInfo.Description;
            wantsBlockSize |= info == (ushort)NbdInfo.BlockSize;
        }
        if (exports.Find(name) is not { } export)
            return Refuse(option, NbdOptionReply.Unknown, $"Export '{OptionReplies.Shown(name)}' does not exist.");
        if (export.Alignment > 1 && !wantsBlockSize)
            return Refuse(option, NbdOptionReply.BlockSizeRequired,
                $"This export requires multiples of {export.Alignment} bytes: request NBD_INFO_BLOCK_SIZE.");
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
            return Refuse(option, NbdOptionReply.Invalid, "Metadata contexts require structured replies.");
        var reader = new OptionReader(data);
        if (!reader.TryString(out var name) || !reader.TryUInt32(out var count) || count > (uint)reader.Remaining / 4)
            return Refuse(option, NbdOptionReply.Invalid, "The lengths in the option are inconsistent.");
        var isMeant = count == 0 && !isSet;     // a list request without queries asks for all contexts
        for (; count > 0; count--)
        {
            if (!reader.TryString(out var query))
                return Refuse(option, NbdOptionReply.Invalid, "The lengths in the option are inconsistent.");
            isMeant |= query == NbdNumbers.BaseAllocation || (!isSet && query == "base:");
        }
        if (reader.Remaining != 0)
            return Refuse(option, NbdOptionReply.Invalid, "The lengths in the option are inconsistent.");
        if (exports.Find(name) is not { } export)
            return Refuse(option, NbdOptionReply.Unknown, $"Export '{OptionReplies.Shown(name)}' does not exist.");
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

    // NBD_OPT_EXPORT_NAME has no error reply: to refuse it is to disconnect.
    private async Task<Negotiated> ExportNameAsync(uint length, bool noZeroes)
    {
        if (length > NbdNumbers.MaxString)
            throw new HandshakeException($"it requested an export with a name of {length} bytes");
        var data = await ReadAsync((int)length).ConfigureAwait(false);
        if (tls is not null && requireTls && !wire.IsEncrypted)
            throw new HandshakeException("it does not use TLS, which is required");
        if (_distrust is not null)
            throw new UntrustedClientException(_distrust);
        if (!OptionReader.TryDecode(data, out var name) || exports.Find(name) is not { } export)
            throw new HandshakeException($"it requested an export that does not exist, '{OptionReplies.Shown(Encoding.UTF8.GetString(data))}'");
        if (export.Alignment > 1)
            throw new HandshakeException($"it did not request block sizes, and export '{OptionReplies.Shown(name)}' requires multiples of "
                + $"{export.Alignment} bytes");
        _reply.ExportName(export, export.Flags(_isStructured), noZeroes);
        await _reply.SendAsync().ConfigureAwait(false);
        return new Negotiated(export, _isStructured, _isStructured && _contextOf == name);
    }

    private async Task SkipAsync(NbdOption option, uint length)
    {
        if (length > MaxSkipped)
            throw new HandshakeException($"it sent an option of {length} bytes");
        for (var rest = (int)length; rest > 0;)
        {
            var piece = Math.Min(rest, 4096);
            await ReadAsync(piece).ConfigureAwait(false);
            rest -= piece;
        }
        Refuse(option, NbdOptionReply.TooBig, $"This server accepts options of at most {MaxOption} bytes.");
        await _reply.SendAsync().ConfigureAwait(false);
    }

    private async ValueTask<byte[]> ReadAsync(int bytes)
    {
        if (bytes == 0)
            return [];
        var read = await wire.Input.ReadAtLeastAsync(bytes).ConfigureAwait(false);
        if (read.Buffer.Length < bytes)
            throw new EndOfStreamException("it disconnected during the negotiation");
        var data = read.Buffer.Slice(0, bytes).ToArray();
        wire.Input.AdvanceTo(read.Buffer.GetPosition(bytes));
        return data;
    }
}
