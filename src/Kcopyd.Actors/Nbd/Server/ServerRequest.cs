using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>A client's request, from its header to its last byte of answer. Its connection's actor owns it and recycles it.</summary>
/// <remarks>A long one is cut into pieces, each an I/O of its own. Invariant: it is answered once, when no piece is on its way any more.</remarks>
internal sealed class ServerRequest
{
    public ulong Cookie;
    public NbdCommand Command;
    public CommandFlags Flags;
    public long Offset;         // bytes
    public long Length;         // bytes

    /// <summary>Bytes whose pieces have begun.</summary>
    public long Begun;

    /// <summary>Pieces that have begun and are neither answered nor, where only the whole is answered, done.</summary>
    public int Pieces;

    /// <summary>The first error; later ones are its consequences, or as good.</summary>
    public NbdError Error;

    public bool IsFlushed;

    /// <summary>It was wrong from the start: no I/O comes of it.</summary>
    public bool IsRefused;

    /// <summary>The client left before it had sent all of it: nobody waits for an answer.</summary>
    public bool IsAbandoned;

    /// <summary>Of a block status: what is known so far.</summary>
    public readonly List<(uint Length, ExtentFlags Flags)> Extents = [];

    public bool IsBegun => Begun == Length;

    /// <summary>Bytes of payload that have not been taken from the input.</summary>
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

    /// <summary>Pieces begin in the order of these.</summary>
    public long Number;

    public bool IsInDevice;

    /// <summary>Bytes, from the beginning of the request.</summary>
    public long At;
}
