using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>One command to the server. The actor makes some for itself, for which nobody waits.</summary>
internal sealed class NbdRequest(NbdClientCore core) : TargetRequest(core), IQueued<NbdRequest>
{
    public NbdCommand Command { get; private set; }

    public CommandFlags Flags { get; private set; }

    /// <summary>True if it may keep the server busy for a time that says nothing of its health.</summary>
    public bool IsLong => Command is NbdCommand.Flush or NbdCommand.Trim or NbdCommand.WriteZeroes;

    // The actor's.
    public RequestOrigin Origin;
    public Coverage Coverage { get; } = new();
    public IoError Error;               // that the server has told, so far
    public string? ErrorText;           // and what it says of it to people
    public long ExtentLength;           // bytes; 0 while none was told
    public ExtentFlags ExtentFlags;
    public long Mark;                   // of a flush: what it covers
    public int Slot;
    public long Number;                 // of the sending: later ones have larger ones
    public int Attempts;                // connections that were lost under it

    public NbdRequest? Following { get; set; }

    /// <summary>A caller's command.</summary>
    public void Prepare(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory) =>
        Reset(command, flags, offset, length, memory, RequestOrigin.Caller);

    /// <summary>For the actor's own commands.</summary>
    public void Reset(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory, RequestOrigin origin)
    {
        (Command, Flags, Origin, Attempts) = (command, flags, origin, 0);
        BeginTry();
        Begin(core.NextId(), offset, length, memory);
    }

    /// <summary>It is asked for less than its caller wanted.</summary>
    public void Shorten(long length) => Length = length;

    /// <summary>Nothing has been heard of it.</summary>
    public void BeginTry()
    {
        (Error, ErrorText, ExtentLength, ExtentFlags) = (IoError.None, null, 0, ExtentFlags.None);
        Coverage.Clear();
    }

    /// <summary>What the server has told of the map is the answer.</summary>
    /// <returns>Bytes of the extent.</returns>
    public long TakeExtent()
    {
        IsZero = (ExtentFlags & ExtentFlags.Zero) != 0;
        return ExtentLength;
    }

    protected override void AnswerClosed(long id)
    {
        if (Origin == RequestOrigin.Caller)
            base.AnswerClosed(id);
    }

    protected override void Free()
    {
        base.Free();
        core.Recycle(this);
    }
}

/// <summary>For whom a command is.</summary>
internal enum RequestOrigin
{
    Caller,
    /// <summary>A write that was acknowledged before the server was lost.</summary>
    Replay,
    /// <summary>A flush by which what is kept for a replay gets less.</summary>
    Background,
}
