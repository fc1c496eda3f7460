using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>An I/O on an origin or a snapshot. The origin's actor splits it into parts, and answers it when all of them have ended.</summary>
internal sealed class OriginRequest(OriginCore origin) : TargetRequest(origin), IQueued<OriginRequest>, IMember<OriginRequest>
{
    public DeviceOperation Operation { get; private set; }

    /// <summary>Null for the origin itself.</summary>
    public SnapshotCore? Snapshot { get; private set; }

    // ---- used by the actor only ----------------------------------------------------------------------------------------------

    /// <summary>Parts that have not ended.</summary>
    public int Parts { get; set; }

    /// <summary>Bytes from the start that have no error.</summary>
    public long GoodTo { get; private set; }

    public IoError Error { get; private set; }

    public OriginRequest? Following { get; set; }

    public OriginRequest? Before { get; set; }

    public OriginRequest? After { get; set; }

    public void Prepare(DeviceOperation operation, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        (Operation, Snapshot, Parts, GoodTo, Error) = (operation, snapshot, 0, length, IoError.None);
        Begin(origin.NextId(), offset, length, memory);
    }

    public void Prepare(DeviceIo io, IActorRef owner, SnapshotCore? snapshot, long offset, long length, Memory<byte> memory)
    {
        Lend(io, owner);
        Prepare(io.Operation, snapshot, offset, length, memory);
    }

    /// <summary>Records the failure of a part at a byte, counted from the request's start.</summary>
    public void Fail(IoError error, long at)
    {
        if (at < GoodTo || Error == IoError.None)
            (GoodTo, Error) = (Math.Min(at, GoodTo), error);
    }

    protected override void Free()
    {
        base.Free();
        Snapshot = null;
        origin.Recycle(this);
    }
}
