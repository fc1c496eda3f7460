using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>A second implementation of how a server must read requests, and which answers it owes, written from the protocol.</summary>
internal sealed class RequestModel(FuzzTerms terms)
{
    private int _at;
    private AskedRequest? _receiving;

    /// <summary>The requests of this batch by cookie.</summary>
    public Dictionary<ulong, AskedRequest> Asked { get; } = [];

    /// <summary>The write whose payload is not complete.</summary>
    public AskedRequest? Receiving => _receiving;

    /// <summary>The number of bytes that are missing from the current request; 0 between two requests.</summary>
    public long Missing { get; private set; }

    /// <summary>True if the bytes are not a request: the server closes the connection and owes nothing.</summary>
    public bool IsDropped { get; private set; }

    /// <summary>True if the client has sent NBD_CMD_DISC.</summary>
    public bool IsOver { get; private set; }

    public void NextBatch()
    {
        _at = 0;
        Asked.Clear();
    }

    /// <summary>Continues to read. Replaces a cookie that is in use in the bytes, because the answers could not be told apart otherwise.</summary>
    public void Read(List<byte> bytes, Random random)
    {
        while (!IsDropped && !IsOver)
        {
            var left = bytes.Count - _at;
            if (_receiving is { } write)
            {
                var count = (int)Math.Min(Missing, left);
                write.Received += count;
                _at += count;
                Missing -= count;
                if (Missing > 0)
                    return;
                Asked.Add(write.Cookie, write);
                _receiving = null;
                continue;
            }
            Missing = left == 0 ? 0 : NbdNumbers.RequestHeader - left;
            if (left == 0 || Missing > 0)
                return;
            Missing = 0;
            Header(CollectionsMarshal.AsSpan(bytes).Slice(_at, NbdNumbers.RequestHeader), random);
            _at += NbdNumbers.RequestHeader;
        }
    }

    private void Header(Span<byte> header, Random random)
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != NbdNumbers.RequestMagic)
        {
            IsDropped = true;
            return;
        }
        var command = (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        if (command == NbdCommand.Disconnect)
        {
            IsOver = true;
            return;
        }
        while (Asked.ContainsKey(BinaryPrimitives.ReadUInt64BigEndian(header[8..])))
            BinaryPrimitives.WriteInt64BigEndian(header[8..], random.NextInt64());
        var (cookie, flags) = (BinaryPrimitives.ReadUInt64BigEndian(header[8..]), (CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(header[4..]));
        var (offset, length) = (BinaryPrimitives.ReadUInt64BigEndian(header[16..]), BinaryPrimitives.ReadUInt32BigEndian(header[24..]));
        var request = new AskedRequest(cookie, command, flags, offset, length) { PayloadAt = _at + NbdNumbers.RequestHeader };
        request.Refusals = Refusals(request);
        if (command == NbdCommand.Write && request.Length > 0)
            (_receiving, Missing) = (request, request.Length);
        else
            Asked.Add(request.Cookie, request);
    }

    /// <summary>Every reason why a request must be refused. The server may report any of them.</summary>
    private Refusals Refusals(AskedRequest request)
    {
        var (command, flags) = (request.Command, request.Flags & ~CommandFlags.Fua);
        var allowed = command switch
        {
            NbdCommand.Read when terms.IsStructured => CommandFlags.DontFragment,
            NbdCommand.WriteZeroes => CommandFlags.NoHole | CommandFlags.FastZero,
            NbdCommand.BlockStatus => CommandFlags.OneExtent,
            _ => CommandFlags.None,
        };
        var refusals = (flags & ~allowed) != 0 || (ushort)command > (ushort)NbdCommand.BlockStatus ? Fuzz.Refusals.Invalid : Fuzz.Refusals.None;
        if (command == NbdCommand.Flush || (ushort)command > (ushort)NbdCommand.BlockStatus)
            return refusals;
        var changes = command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;
        if (changes && terms.IsReadOnly)
            refusals |= Fuzz.Refusals.NotPermitted;
        if (changes && !terms.CanZeroAndTrim && (command == NbdCommand.Trim || (flags & CommandFlags.FastZero) != 0))
            refusals |= Fuzz.Refusals.NotSupported;
        if (command == NbdCommand.BlockStatus && !terms.HasAllocation)
            refusals |= Fuzz.Refusals.Invalid;
        if (request.Length == 0 || (command is NbdCommand.Read or NbdCommand.Write && request.Length > NbdNumbers.MaxPayload))
            refusals |= Fuzz.Refusals.Invalid;
        var end = (UInt128)request.Offset + request.Length;
        if (end > (UInt128)terms.Length)
            refusals |= command is NbdCommand.Write or NbdCommand.WriteZeroes ? Fuzz.Refusals.NoSpace : Fuzz.Refusals.Invalid;
        var isAligned = request.Offset % (ulong)terms.Alignment == 0 && (end == (UInt128)terms.Length || request.Length % terms.Alignment == 0);
        if (command != NbdCommand.BlockStatus && !isAligned)
            refusals |= Fuzz.Refusals.Invalid;
        return refusals;
    }
}

/// <summary>An export, as a client has negotiated it.</summary>
internal sealed record FuzzTerms(string Export, long Length, int Alignment, bool IsReadOnly, bool CanZeroAndTrim, bool IsStructured, bool HasAllocation);

/// <summary>Why a request may be refused.</summary>
[Flags]
internal enum Refusals
{
    None = 0,
    Invalid = 1,
    NoSpace = 2,
    NotPermitted = 4,
    NotSupported = 8,
}

/// <summary>A request that was sent, and its answers so far.</summary>
internal sealed class AskedRequest(ulong cookie, NbdCommand command, CommandFlags flags, ulong offset, uint length)
{
    public ulong Cookie => cookie;

    public NbdCommand Command => command;

    public CommandFlags Flags => flags;

    public ulong Offset => offset;

    public uint Length => length;

    public Refusals Refusals { get; set; }

    public int PayloadAt { get; init; }

    /// <summary>The number of payload bytes that were sent.</summary>
    public int Received { get; set; }

    /// <summary>The number of data bytes in the answers.</summary>
    public long Answered { get; set; }

    public HashSet<long>? Pieces { get; set; }

    public bool Has(CommandFlags flag) => (flags & flag) != 0;

    public override string ToString() => $"{command} ({flags}) of {length} bytes at {(long)offset}, cookie {cookie:x}";
}
