using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.BlockIo;

/// <summary>One I/O on a device, whole, and the message that tells its owner's actor what the device has done of it. Whoever has it as a message owns
/// it.</summary>
internal class DeviceIo : LinkedMessage, IQueued<DeviceIo>
{
    public IIoOwner Owner = null!;
    public IBlockDevice Device = null!;
    public DeviceOperation Operation;
    public long Offset;             // bytes, on the device
    public long Length;             // bytes
    public Memory<byte> Memory;     // of a write, too: only read then

    /// <summary>Comes after it, if it goes well; the end of both is this one's.</summary>
    public DeviceIo? Then;

    // The result.
    public long Bytes;
    public bool IsZero;
    public IoError Error;

    // The workers', until it ends.
    public DeviceIo Current = null!;        // it, or what comes after it
    public bool WritesZeroes;               // the device does not zero by itself
    public bool IsCounted;                  // among those that may block
    public bool IsAnswered;                 // by a device that is an actor
    public IoResult Answer;
    private DeviceCall? _call;

    /// <summary>In the queue where it waits, or told with it.</summary>
    public DeviceIo? Following { get; set; }

    /// <summary>Its calls of the device, one after the other: always for the same actor.</summary>
    public DeviceCall Call(IActorRef owner, MessageDispatcher dispatcher) => _call ??= new DeviceCall(owner, dispatcher, this);
}

/// <summary>Does I/Os for an actor.</summary>
internal interface IIoWorkers
{
    /// <summary>Starts an I/O. Its owner gets it back, once, in a turn of the actor.</summary>
    void Start(DeviceIo io);
}

/// <summary>Takes I/Os back on the actor that started them.</summary>
internal interface IIoOwner
{
    void Ended(DeviceIo io);
}
