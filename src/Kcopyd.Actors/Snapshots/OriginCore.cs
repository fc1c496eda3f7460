using System.Runtime.InteropServices;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>What the handles of an origin and its snapshots (any thread) and the origin's actor share.</summary>
internal sealed class OriginCore(string name, IBlockDevice device, SnapshotSettings settings, OriginIdentity identity, Clients clients, Elsewhere elsewhere) : Target<OriginRequest>(elsewhere)
{
    /// <summary>Bytes. A longer request is answered short, as any transfer may be.</summary>
    public const int LargestRequest = 4 << 20;

    public string Name { get; } = name;

    public IBlockDevice Device { get; } = device;

    public SnapshotSettings Settings { get; } = settings;

    public OriginIdentity Identity { get; } = identity;

    /// <summary>Makes the client that copies.</summary>
    public Clients Clients { get; } = clients;

    public ValueTask<IoResult> Submit(DeviceOperation operation, SnapshotCore? snapshot, long offset, ReadOnlyMemory<byte> memory) =>
        Submit(operation, snapshot, offset, memory.Length, MemoryMarshal.AsMemory(memory));

    public ValueTask<IoResult> Submit(DeviceOperation operation, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        var request = Take();
        request.Prepare(operation, snapshot, offset, Math.Min(length, LargestRequest), memory);
        var answered = request.Answered;
        Tell(request);
        return answered;
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

    protected override OriginRequest Create() => new(this);
}
