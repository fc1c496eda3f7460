using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>A request of a client, from its header to the last byte of the reply. The connection's actor owns and recycles it.</summary>
/// <remarks>A long request is split into pieces, one I/O each. Invariant: the request is answered once, when none of its pieces is in flight.</remarks>
internal sealed class ServerRequest
{
    public ulong Cookie;
    public NbdCommand Command;
    public CommandFlags Flags;
    public long Offset;         // bytes
    public long Length;         // bytes

    /// <summary>Bytes of the pieces that have started.</summary>
    public long Begun;

    /// <summary>Started pieces that are not answered or, if only the whole request is answered, not complete.</summary>
    public int Pieces;

    /// <summary>The first error; later ones are its consequences or equivalent.</summary>
    public NbdError Error;

    public bool IsFlushed;

    /// <summary>The request failed validation and causes no I/O.</summary>
    public bool IsRefused;

    /// <summary>The client disconnected before it had sent the whole request: no reply is due.</summary>
    public bool IsAbandoned;

    /// <summary>For a block status: the extents known so far.</summary>
    public readonly List<(uint Length, ExtentFlags Flags)> Extents = [];

    public bool IsBegun => Begun == Length;

    /// <summary>Bytes of payload not yet taken from the input.</summary>
    public long Unsent => Command == NbdCommand.Write ? Length - Begun : 0;

    public void Prepare(ulong cookie, NbdCommand command, CommandFlags flags, long offset, long length)
    {
        (Cookie, Command, Flags, Offset, Length) = (cookie, command, flags, offset, length);
        (Begun, Pieces, Error, IsFlushed, IsRefused, IsAbandoned) = (0, 0, NbdError.None, false, false, false);
        Extents.Clear();
    }

    public bool Has(CommandFlags flag) => (Flags & flag) != 0;
}

/// <summary>A piece of a request: its I/O, and its memory.</summary>
internal sealed class RequestIo : DeviceIo
{
    public ServerRequest Request = null!;
    public MemoryBlock Block;

    /// <summary>Sequence number: pieces start in this order.</summary>
    public long Number;

    public bool IsInDevice;

    /// <summary>Bytes, from the start of the request.</summary>
    public long At;
}
