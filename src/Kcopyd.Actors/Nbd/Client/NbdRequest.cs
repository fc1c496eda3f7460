using System.Threading.Tasks.Sources;
using Akka.Dispatch;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// One command: the message to the device's actor, and what the caller waits for. Recycled when its result has been taken. The actor makes some
/// for itself, for which nobody waits.
/// </summary>
/// <remarks>Invariant: it is answered once, also if the actor is gone before, while or after it is told: whoever settles it first answers. When it is
/// answered, nothing uses its memory any more.</remarks>
internal sealed class NbdRequest(NbdClientCore core) : LinkedMessage, IValueTaskSource<IoResult>, IValueTaskSource<ExtentResult>, IRunnable
{
    private ManualResetValueTaskSourceCore<IoResult> _source;
    private long _state;        // twice its number; odd once it is settled
    private IoResult _result;
    private bool _isZero;

    public NbdCommand Command { get; private set; }

    public CommandFlags Flags { get; private set; }

    /// <summary>Bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes.</summary>
    public long Length { get; private set; }

    public Memory<byte> Memory { get; private set; }

    /// <summary>True if it may keep the server busy for a time that says nothing of its health.</summary>
    public bool IsLong => Command is NbdCommand.Flush or NbdCommand.Trim or NbdCommand.WriteZeroes;

    /// <summary>Its number, for <see cref="TrySettle"/>.</summary>
    public long Id => Volatile.Read(ref _state) >> 1;

    // The actor's.
    public NbdRequest? Following;       // in a queue
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

    public ValueTask<IoResult> Prepare(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory)
    {
        Reset(command, flags, offset, length, memory, RequestOrigin.Caller);
        return new(this, _source.Version);
    }

    public ValueTask<ExtentResult> PrepareMap(long offset, long length)
    {
        Reset(NbdCommand.BlockStatus, CommandFlags.OneExtent, offset, length, default, RequestOrigin.Caller);
        return new(this, _source.Version);
    }

    /// <summary>For the actor's own commands.</summary>
    public void Reset(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory, RequestOrigin origin)
    {
        (Command, Flags, Offset, Length, Memory, Origin) = (command, flags, offset, length, memory, origin);
        Attempts = 0;
        BeginTry();
        Volatile.Write(ref _state, core.NextRequest() << 1);
    }

    /// <summary>It is asked for less than its caller wanted.</summary>
    public void Shorten(long length) => Length = length;

    /// <summary>Nothing has been heard of it.</summary>
    public void BeginTry()
    {
        (Error, ErrorText, ExtentLength, ExtentFlags) = (IoError.None, null, 0, ExtentFlags.None);
        Coverage.Clear();
    }

    /// <returns>True for who is to answer.</returns>
    public bool TrySettle(long id) => Interlocked.CompareExchange(ref _state, (id << 1) | 1, id << 1) == id << 1;

    /// <summary>Sets the answer. What waits for it goes on where this is run then.</summary>
    public IRunnable Answer(IoResult result)
    {
        _result = result;
        _isZero = (ExtentFlags & ExtentFlags.Zero) != 0;
        return this;
    }

    public void Run() => _source.SetResult(_result);

    public void Execute() => Run();

    internal override void Undelivered() => Close(Id);

    /// <summary>The actor is gone.</summary>
    public void Close(long id)
    {
        if (Origin == RequestOrigin.Caller && TrySettle(id))
            ThreadPool.UnsafeQueueUserWorkItem(Answer(IoResult.Failure(IoError.Closed)), preferLocal: false);
    }

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => Take(token);

    ExtentResult IValueTaskSource<ExtentResult>.GetResult(short token)
    {
        var isZero = _isZero;
        var result = Take(token);
        return result.IsSuccess ? new ExtentResult(result.Bytes, isZero, IoError.None) : ExtentResult.Failure(result.Error);
    }

    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _source.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<ExtentResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<IoResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<ExtentResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private IoResult Take(short token)
    {
        var result = _source.GetResult(token);
        _source.Reset();
        Memory = default;
        core.Recycle(this);
        return result;
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

/// <summary>First in, first out; what has to be sent again comes first. Allocates nothing.</summary>
internal struct RequestQueue
{
    private NbdRequest? _first, _last;

    public readonly NbdRequest? First => _first;

    public void Add(NbdRequest request)
    {
        request.Following = null;
        if (_last is null)
            _first = request;
        else
            _last.Following = request;
        _last = request;
    }

    public void AddFirst(NbdRequest request)
    {
        request.Following = _first;
        _first = request;
        _last ??= request;
    }

    /// <summary>Moves all of another queue behind what is here.</summary>
    public void Append(ref RequestQueue other)
    {
        if (other._first is null)
            return;
        if (_last is null)
            _first = other._first;
        else
            _last.Following = other._first;
        _last = other._last;
        other = default;
    }

    public NbdRequest? Take()
    {
        var request = _first;
        if (request is null)
            return null;
        _first = request.Following;
        if (_first is null)
            _last = null;
        request.Following = null;
        return request;
    }
}
