using System.Threading.Tasks.Sources;
using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>An I/O on a device that an actor serves: the message to the actor, and either the source of the answer that the caller awaits or the carrier of
/// another actor's I/O. Recycled by its <see cref="Target{TRequest}"/>.</summary>
/// <remarks>Invariant: once it is answered, its memory is no longer in use.</remarks>
internal abstract class TargetRequest(Recipient target) : AnsweredMessage, IValueTaskSource<IoResult>, IValueTaskSource<ExtentResult>, IRunnable
{
    private ManualResetValueTaskSourceCore<IoResult> _source;
    private IoResult _result;

    /// <summary>Bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes.</summary>
    public long Length { get; protected set; }

    public Memory<byte> Memory { get; private set; }

    /// <summary>The actor that owns <see cref="Io"/> and receives it back; null if the answer is awaited.</summary>
    public IActorRef? Owner { get; private set; }

    private DeviceIo? Io { get; set; }

    /// <summary>For a map request: the answer.</summary>
    protected bool IsZero { private get; set; }

    /// <summary>The answer to await. Must be read before the request is sent.</summary>
    public ValueTask<IoResult> Answered => new(this, _source.Version);

    /// <inheritdoc cref="Answered"/>
    public ValueTask<ExtentResult> AnsweredMap => new(this, _source.Version);

    /// <summary>Makes the request carry another actor's I/O.</summary>
    public void Lend(DeviceIo io, IActorRef owner) => (Io, Owner) = (io, owner);

    /// <summary>Releases the request and returns its I/O with the answer, to be sent to <see cref="Owner"/>.</summary>
    public DeviceIo GiveBack(IoResult result)
    {
        var io = Io!;
        io.Answer = result;
        Free();
        return io;
    }

    /// <summary>Sets the answer. The awaiting code continues where the returned runnable runs.</summary>
    public IRunnable Answer(IoResult result)
    {
        _result = result;
        return this;
    }

    public void Run() => _source.SetResult(_result);

    public void Execute() => Run();

    protected void Begin(long id, long offset, long length, Memory<byte> memory)
    {
        (Offset, Length, Memory, IsZero) = (offset, length, memory, false);
        Begin(id);
    }

    protected override void AnswerClosed(long id)
    {
        if (Owner is { } owner)
            owner.Tell(GiveBack(IoResult.Failure(IoError.Closed)), ActorRefs.NoSender);
        else
            target.Schedule(Answer(IoResult.Failure(IoError.Closed)));
    }

    /// <summary>Releases what the caller passed in; the request can be reused.</summary>
    protected virtual void Free() => (Memory, Io, Owner) = (default, null, null);

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => Take(token);

    ExtentResult IValueTaskSource<ExtentResult>.GetResult(short token)
    {
        var isZero = IsZero;
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
        Free();
        return result;
    }
}
