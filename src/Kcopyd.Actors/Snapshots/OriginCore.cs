using System.Runtime.InteropServices;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The state that the handles of an origin and its snapshots (any thread) share with the origin's actor.</summary>
internal sealed class OriginCore(string name, IBlockDevice device, SnapshotSettings settings, OriginIdentity identity, Clients clients, Elsewhere elsewhere)
    : Target<OriginRequest>(elsewhere)
{
    /// <summary>In bytes. A longer request completes short, as any transfer may.</summary>
    public const int MaxRequestSize = 4 << 20;

    public string Name { get; } = name;

    public IBlockDevice Device { get; } = device;

    public SnapshotSettings Settings { get; } = settings;

    public OriginIdentity Identity { get; } = identity;

    /// <summary>Creates the copy client.</summary>
    public Clients Clients { get; } = clients;

    public ValueTask<IoResult> Submit(DeviceOperation operation, SnapshotCore? snapshot, long offset, ReadOnlyMemory<byte> memory) =>
        Submit(operation, snapshot, offset, memory.Length, MemoryMarshal.AsMemory(memory));

    public ValueTask<IoResult> Submit(DeviceOperation operation, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        var request = Take();
        request.Prepare(operation, snapshot, offset, Math.Min(length, MaxRequestSize), memory);
        var answered = request.Answered;
        Tell(request);
        return answered;
    }

    /// <summary>Accepts another actor's read, write or flush if it, or the rest of it, is valid.</summary>
    public bool TryTake(IBlockDevice device, SnapshotCore? snapshot, DeviceIo io, IActorRef owner)
    {
        if (io.Operation is not (DeviceOperation.Read or DeviceOperation.Write or DeviceOperation.Flush))
            return false;
        var (offset, length) = (io.Offset + io.Bytes, io.Length - io.Bytes);
        if (io.Operation != DeviceOperation.Flush
            && (offset < 0 || length <= 0 || offset > device.Length - length || (io.Operation == DeviceOperation.Write && device.IsReadOnly)))
        {
            return false;
        }
        var request = Take();
        var memory = io.Operation == DeviceOperation.Flush ? default : io.Memory[(int)io.Bytes..];
        request.Prepare(io, owner, snapshot, offset, Math.Min(length, MaxRequestSize), memory);
        Tell(request);
        return true;
    }

    protected override OriginRequest Create() => new(this);
}
