using System.Runtime.InteropServices;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>What the handles (any thread) and the origin's actor share. Holds no state of any request.</summary>
internal sealed class OriginCore(string name, IBlockDevice device, SnapshotSettings settings, OriginIdentity identity, Clients clients)
{
    /// <summary>Bytes. A longer request is answered short, as any transfer may be.</summary>
    public const int LargestRequest = 4 << 20;

    private readonly Lock _recycling = new();
    private readonly Stack<BlockRequest> _recycled = new();
    private long _lastRequest;
    private volatile bool _isGone;

    public string Name { get; } = name;

    public IBlockDevice Device { get; } = device;

    public SnapshotSettings Settings { get; } = settings;

    public OriginIdentity Identity { get; } = identity;

    /// <summary>Makes the client that copies.</summary>
    public Clients Clients { get; } = clients;

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True once the actor has stopped: nobody reads its mailbox any more.</summary>
    public bool IsGone => _isGone;

    public long NextRequest() => Interlocked.Increment(ref _lastRequest);

    public ValueTask<IoResult> Submit(DeviceOperation operation, SnapshotCore? snapshot, long offset, ReadOnlyMemory<byte> memory) =>
        Submit(operation, snapshot, offset, memory.Length, MemoryMarshal.AsMemory(memory));

    public ValueTask<IoResult> Submit(DeviceOperation operation, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        var request = Take();
        var task = request.Prepare(operation, snapshot, offset, Math.Min(length, LargestRequest), memory);
        Tell(request);
        return task;
    }

    /// <summary>Takes another actor's read, write or flush, if nothing is wrong with it, or with what is left of it.</summary>
    public bool TryTake(IBlockDevice device, SnapshotCore? snapshot, DeviceIo io, IActorRef owner)
    {
        if (io.Operation is not (DeviceOperation.Read or DeviceOperation.Write or DeviceOperation.Flush))
            return false;
        var (offset, length) = (io.Offset + io.Bytes, io.Length - io.Bytes);
        if (io.Operation != DeviceOperation.Flush && (offset < 0 || length <= 0 || offset > device.Length - length || (io.Operation == DeviceOperation.Write && device.IsReadOnly)))
            return false;
        var request = Take();
        request.Prepare(io, owner, snapshot, offset, Math.Min(length, LargestRequest), io.Operation == DeviceOperation.Flush ? default : io.Memory[(int)io.Bytes..]);
        Tell(request);
        return true;
    }

    private BlockRequest Take()
    {
        BlockRequest? request;
        lock (_recycling)
            _recycled.TryPop(out request);
        return request ?? new BlockRequest(this);
    }

    private void Tell(BlockRequest request)
    {
        var id = request.Id;
        Actor.Tell(request, ActorRefs.NoSender);
        if (_isGone)
            request.Close(id);
    }

    public void Recycle(BlockRequest request)
    {
        lock (_recycling)
        {
            if (_recycled.Count < 1024)
                _recycled.Push(request);
        }
    }

    public void Leave()
    {
        _isGone = true;
        Stopped.TrySetResult();
    }
}
