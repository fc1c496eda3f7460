using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>An I/O on a device that its actor splits into parts, and answers when all of them have ended.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal abstract class DeviceRequest<TSelf>(DeviceTarget<TSelf> target) : TargetRequest(target), IQueued<TSelf>, IMember<TSelf>
    where TSelf : DeviceRequest<TSelf>
{
    public DeviceOperation Operation { get; private set; }

    // ---- used by the actor only ----------------------------------------------------------------------------------------------

    /// <summary>Parts that have not ended.</summary>
    public int Parts { get; set; }

    /// <summary>Bytes from the start that have no error.</summary>
    public long GoodTo { get; private set; }

    public IoError Error { get; private set; }

    public TSelf? Following { get; set; }

    public TSelf? Before { get; set; }

    public TSelf? After { get; set; }

    public void Prepare(DeviceOperation operation, long offset, long length, Memory<byte> memory)
    {
        (Operation, Parts, GoodTo, Error) = (operation, 0, length, IoError.None);
        Begin(target.NextId(), offset, length, memory);
    }

    public void Prepare(DeviceIo io, IActorRef owner, long offset, long length, Memory<byte> memory)
    {
        Lend(io, owner);
        Prepare(io.Operation, offset, length, memory);
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
        target.Recycle((TSelf)this);
    }
}
