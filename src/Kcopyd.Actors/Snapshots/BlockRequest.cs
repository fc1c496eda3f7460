using System.Threading.Tasks.Sources;
using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// A caller's I/O on an origin or a snapshot: the message to the origin's actor, and what the caller waits for. The actor cuts it into
/// parts; it is answered when all are done. Recycled when its result has been taken.
/// </summary>
/// <remarks>Invariant: it is answered once, also if the actor is gone before, while or after it is told: whoever settles it first answers.</remarks>
internal sealed class BlockRequest(OriginCore origin) : LinkedMessage, IValueTaskSource<IoResult>, IRunnable
{
    private ManualResetValueTaskSourceCore<IoResult> _source;
    private long _state;        // twice its number; odd once it is settled
    private IoResult _result;

    public DeviceOperation Operation { get; private set; }

    /// <summary>Null for the origin itself.</summary>
    public SnapshotCore? Snapshot { get; private set; }

    /// <summary>Bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes.</summary>
    public long Length { get; private set; }

    public Memory<byte> Memory { get; private set; }

    /// <summary>Its number, for <see cref="TrySettle"/>.</summary>
    public long Id => Volatile.Read(ref _state) >> 1;

    /// <summary>Another actor's I/O, which is given back to it; null where somebody awaits the answer.</summary>
    public DeviceIo? Io { get; private set; }

    public IActorRef? Owner { get; private set; }

    // The actor's.
    public int Parts;               // not done yet
    public long GoodTo;             // bytes from the start, without an error
    public IoError Error;
    public BlockRequest? Before, After;     // in the list of those that are at work, or held

    public ValueTask<IoResult> Prepare(DeviceOperation operation, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        Begin(operation, snapshot, offset, length, memory);
        return new(this, _source.Version);
    }

    public void Prepare(DeviceIo io, IActorRef owner, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        (Io, Owner) = (io, owner);
        Begin(io.Operation, snapshot, offset, length, memory);
    }

    private void Begin(DeviceOperation operation, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        (Operation, Snapshot, Offset, Length, Memory) = (operation, snapshot, offset, length, memory);
        (Parts, GoodTo, Error) = (0, length, IoError.None);
        Volatile.Write(ref _state, origin.NextRequest() << 1);
    }

    /// <summary>The I/O with its answer, to be given back to <see cref="Owner"/>. The request is free.</summary>
    public DeviceIo GiveBack(IoResult result)
    {
        var io = Io!;
        io.Answer = result;
        (Io, Owner) = (null, null);
        Free();
        return io;
    }

    /// <returns>True for who is to answer.</returns>
    public bool TrySettle(long id) => Interlocked.CompareExchange(ref _state, (id << 1) | 1, id << 1) == id << 1;

    /// <summary>Sets the answer. What waits for it goes on where this is run then.</summary>
    public IRunnable Answer(IoResult result)
    {
        _result = result;
        return this;
    }

    /// <summary>A part has failed, so many bytes from the start.</summary>
    public void Fail(IoError error, long at)
    {
        if (at < GoodTo || Error == IoError.None)
            (GoodTo, Error) = (Math.Min(at, GoodTo), error);
    }

    public void Run() => _source.SetResult(_result);

    public void Execute() => Run();

    internal override void Undelivered() => Close(Id);

    /// <summary>The actor is gone.</summary>
    public void Close(long id)
    {
        if (!TrySettle(id))
            return;
        if (Owner is { } owner)
            owner.Tell(GiveBack(IoResult.Failure(IoError.Closed)), ActorRefs.NoSender);
        else
            ThreadPool.UnsafeQueueUserWorkItem(Answer(IoResult.Failure(IoError.Closed)), preferLocal: false);
    }

    IoResult IValueTaskSource<IoResult>.GetResult(short token)
    {
        var result = _source.GetResult(token);
        _source.Reset();
        Free();
        return result;
    }

    private void Free()
    {
        Memory = default;
        Snapshot = null;
        origin.Recycle(this);
    }

    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<IoResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
