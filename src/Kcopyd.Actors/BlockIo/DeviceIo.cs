using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.BlockIo;

/// <summary>A complete I/O on a device, and the message that returns its result to the owner's actor. The holder of the message owns the object.</summary>
internal class DeviceIo : LinkedMessage, IQueued<DeviceIo>
{
    public IIoOwner Owner = null!;
    public IBlockDevice Device = null!;
    public DeviceOperation Operation;
    public long Offset;             // bytes, on the device
    public long Length;             // bytes
    public Memory<byte> Memory;     // also of a write, which only reads it

    /// <summary>The I/O that follows if this one succeeds; this one reports the result of both.</summary>
    public DeviceIo? Then;

    // The result.
    public long Bytes;
    public bool IsZero;
    public IoError Error;

    // Used by the workers until the I/O ends.
    public DeviceIo Current = null!;        // this I/O, or one that follows it
    public bool WritesZeroes;               // the device has no operation for zeroing
    public bool IsCounted;                  // among the I/Os that may block
    public bool IsAnswered;                 // by an IActorDevice
    public IoResult Answer;
    private DeviceCall? _call;

    /// <summary>The next I/O in the queue in which this one waits, or in the same message.</summary>
    public DeviceIo? Following { get; set; }

    /// <summary>The object for its calls to the device, one at a time and always for the same actor.</summary>
    public DeviceCall Call(IActorRef owner, MessageDispatcher dispatcher) => _call ??= new DeviceCall(owner, dispatcher, this);
}

/// <summary>Performs I/Os for an actor.</summary>
internal interface IIoWorkers
{
    /// <summary>Starts an I/O, which returns to its owner once, in a turn of the actor.</summary>
    void Start(DeviceIo io);
}

/// <summary>Receives completed I/Os, on the actor that started them.</summary>
internal interface IIoOwner
{
    void Ended(DeviceIo io);
}
