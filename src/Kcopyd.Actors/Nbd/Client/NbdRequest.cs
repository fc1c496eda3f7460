using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>One command to the server. The actor creates some for itself, for which no caller waits.</summary>
internal sealed class NbdRequest(NbdClientCore core) : TargetRequest(core), IQueued<NbdRequest>
{
    public NbdCommand Command { get; private set; }

    public CommandFlags Flags { get; private set; }

    /// <summary>True if it may keep the server busy for a time that says nothing about the server's health.</summary>
    public bool IsLong => Command is NbdCommand.Flush or NbdCommand.Trim or NbdCommand.WriteZeroes;

    // Used by the actor only.
    public RequestOrigin Origin;
    public Coverage Coverage { get; } = new();
    public IoError Error;               // that the server has reported so far
    public string? ErrorText;           // the server's message about it
    public long ExtentLength;           // bytes; 0 until one was reported
    public ExtentFlags ExtentFlags;
    public long Mark;                   // of a flush: what it covers
    public int Slot;
    public long Number;                 // of the send; later sends have larger numbers
    public int Attempts;                // connections that were lost while it was in flight

    public NbdRequest? Following { get; set; }

    /// <summary>Prepares a caller's command.</summary>
    public void Prepare(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory) =>
        Reset(command, flags, offset, length, memory, RequestOrigin.Caller);

    /// <summary>Prepares a command of any origin.</summary>
    public void Reset(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory, RequestOrigin origin)
    {
        (Command, Flags, Origin, Attempts) = (command, flags, origin, 0);
        BeginTry();
        Begin(core.NextId(), offset, length, memory);
    }

    /// <summary>Reduces the length to less than the caller asked for.</summary>
    public void Shorten(long length) => Length = length;

    /// <summary>Clears the results of earlier attempts.</summary>
    public void BeginTry()
    {
        (Error, ErrorText, ExtentLength, ExtentFlags) = (IoError.None, null, 0, ExtentFlags.None);
        Coverage.Clear();
    }

    /// <summary>Makes the extent that the server reported the answer.</summary>
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

/// <summary>The origin of a command.</summary>
internal enum RequestOrigin
{
    Caller,
    /// <summary>A write that was acknowledged before the server was lost.</summary>
    Replay,
    /// <summary>A flush that reduces the writes kept for a replay.</summary>
    Background,
}
