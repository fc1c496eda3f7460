using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>A second implementation of how a server without TLS must answer a negotiation, written from the protocol.</summary>
internal sealed class OptionModel(IReadOnlyList<FuzzTerms> exports)
{
    private const int MaxOption = 64 << 10, MaxSkipped = 1 << 20;       // this server's limits

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private int _at;
    private bool _hasFlags;
    private bool _noZeroes;
    private bool _isStructured;
    private string? _contextOf;

    /// <summary>The answers that the server owes, in order.</summary>
    public Queue<AskedOption> Asked { get; } = [];

    /// <summary>The number of bytes that are missing from the current option; 0 between two options.</summary>
    public int Missing { get; private set; }

    public bool IsDropped { get; private set; }

    /// <summary>The export that was chosen, which starts the transmission phase; null before.</summary>
    public FuzzTerms? Chosen { get; private set; }

    /// <summary>The length of the answer to NBD_OPT_EXPORT_NAME in bytes, if the export was chosen with it.</summary>
    public int ExportNameAnswer { get; private set; }

    public bool IsOver => IsDropped || Chosen is not null;

    public void NextBatch() => _at = 0;

    public void Read(List<byte> bytes)
    {
        var all = CollectionsMarshal.AsSpan(bytes);
        while (!IsOver)
        {
            var left = all[_at..];
            if (!_hasFlags)
            {
                if ((Missing = left.Length < 4 ? 4 - left.Length : 0) > 0)
                    return;
                var flags = BinaryPrimitives.ReadUInt32BigEndian(left);
                (_hasFlags, _noZeroes, IsDropped) = (true, (flags & 2) != 0, flags > 3);
                _at += 4;
                continue;
            }
            Missing = left.IsEmpty ? 0 : Math.Max(0, NbdNumbers.OptionHeader - left.Length);
            if (left.IsEmpty || Missing > 0)
                return;
            var option = (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(left[8..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(left[12..]);
            if (BinaryPrimitives.ReadUInt64BigEndian(left) != NbdNumbers.OptionMagic
                || length > (option == NbdOption.ExportName ? NbdNumbers.MaxString : MaxSkipped))
            {
                IsDropped = true;
                return;
            }
            Missing = Math.Max(0, NbdNumbers.OptionHeader + (int)length - left.Length);
            if (Missing > 0)
                return;
            _at += NbdNumbers.OptionHeader + (int)length;
            Take(option, left.Slice(NbdNumbers.OptionHeader, (int)length));
        }
    }

    private void Take(NbdOption option, ReadOnlySpan<byte> data)
    {
        if (option == NbdOption.ExportName)
        {
            Chosen = Find(Text(data)) is { Alignment: 1 } export ? Terms(export) : null;
            IsDropped = Chosen is null;
            ExportNameAnswer = _noZeroes ? 10 : 134;
            return;
        }
        var asked = data.Length > MaxOption ? new AskedOption(option, NbdOptionReply.TooBig) : option switch
        {
            NbdOption.Abort => new AskedOption(option, NbdOptionReply.Ack),
            NbdOption.List when data.IsEmpty => new AskedOption(option, NbdOptionReply.Ack) { Servers = exports.Count },
            NbdOption.List => new AskedOption(option, NbdOptionReply.Invalid),
            NbdOption.StructuredReply => new AskedOption(option, data.IsEmpty ? NbdOptionReply.Ack : NbdOptionReply.Invalid),
            NbdOption.Info or NbdOption.Go => Go(option, data),
            NbdOption.ListMetaContext or NbdOption.SetMetaContext => Contexts(option, data),
            _ => new AskedOption(option, NbdOptionReply.Unsupported),
        };
        Asked.Enqueue(asked);
        _isStructured |= option == NbdOption.StructuredReply && asked.Last == NbdOptionReply.Ack;
        IsDropped = option == NbdOption.Abort && asked.Last == NbdOptionReply.Ack;
        if (option == NbdOption.Go && asked.Last == NbdOptionReply.Ack)
            Chosen = Terms(asked.Export!);
    }

    private FuzzTerms Terms(FuzzTerms export) => export with { IsStructured = _isStructured, HasAllocation = _isStructured && _contextOf == export.Export };

    private AskedOption Go(NbdOption option, ReadOnlySpan<byte> data)
    {
        if (!Cut(ref data, out var nameBytes) || Text(nameBytes) is not { } name || data.Length < 2
            || data.Length - 2 != 2 * BinaryPrimitives.ReadUInt16BigEndian(data))
            return new AskedOption(option, NbdOptionReply.Invalid);
        var wantsSizes = false;
        for (var at = 2; at < data.Length; at += 2)
            wantsSizes |= BinaryPrimitives.ReadUInt16BigEndian(data[at..]) == (ushort)NbdInfo.BlockSize;
        if (Find(name) is not { } export)
            return new AskedOption(option, NbdOptionReply.Unknown);
        return export.Alignment > 1 && !wantsSizes
            ? new AskedOption(option, NbdOptionReply.BlockSizeRequired)
            : new AskedOption(option, NbdOptionReply.Ack) { Export = export, HasSizes = wantsSizes };
    }

    private AskedOption Contexts(NbdOption option, ReadOnlySpan<byte> data)
    {
        var isSet = option == NbdOption.SetMetaContext;
        if (isSet)
            _contextOf = null;
        if (isSet && !_isStructured)
            return new AskedOption(option, NbdOptionReply.Invalid);
        if (!Cut(ref data, out var nameBytes) || Text(nameBytes) is not { } name || data.Length < 4)
            return new AskedOption(option, NbdOptionReply.Invalid);
        var count = BinaryPrimitives.ReadUInt32BigEndian(data);
        data = data[4..];
        var isMeant = count == 0 && !isSet;
        for (; count > 0; count--)
        {
            if (!Cut(ref data, out var query) || Text(query) is not { } text)
                return new AskedOption(option, NbdOptionReply.Invalid);
            isMeant |= text == NbdNumbers.BaseAllocation || (text == "base:" && !isSet);
        }
        if (!data.IsEmpty)
            return new AskedOption(option, NbdOptionReply.Invalid);
        if (Find(name) is null)
            return new AskedOption(option, NbdOptionReply.Unknown);
        if (isSet && isMeant)
            _contextOf = name;
        return new AskedOption(option, NbdOptionReply.Ack) { Contexts = isMeant ? 1 : 0 };
    }

    private FuzzTerms? Find(string? name) => exports.FirstOrDefault(export => export.Export == name);

    private static bool Cut(ref ReadOnlySpan<byte> data, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (data.Length < 4)
            return false;
        long length = BinaryPrimitives.ReadUInt32BigEndian(data);
        if (length > NbdNumbers.MaxString || length > data.Length - 4)
            return false;
        text = data.Slice(4, (int)length);
        data = data[(4 + (int)length)..];
        return true;
    }

    private static string? Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>An option that was sent, and the expected answer.</summary>
internal sealed record AskedOption(NbdOption Option, NbdOptionReply Last)
{
    public FuzzTerms? Export { get; init; }

    public bool HasSizes { get; init; }

    public int Servers { get; init; }

    public int Contexts { get; init; }
}
