using System.Runtime.CompilerServices;
using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Workers;

/// <summary>One I/O on a device: the message to an I/O worker, and its report to the actor whose child that is. Whoever has it as a message owns it.</summary>
internal class DeviceIo : LinkedMessage
{
    public IIoOwner Owner = null!;
    public IBlockDevice Device = null!;
    public DeviceOperation Operation;
    public long Offset;             // bytes, on the device
    public long Length;             // bytes
    public Memory<byte> Memory;     // of a write, too: only read then

    /// <summary>Comes after it, on the same worker, if it goes well; the report of both is this one's.</summary>
    public DeviceIo? Then;

    /// <summary>Fired when the I/O ends, on the thread where it ends, with its <see cref="IoError"/> in the place of the destinations' bits.</summary>
    public PreparedCallback? Token;

    // The worker's, until it reports.
    public long Bytes;
    public bool IsZero;
    public IoError Error;

    // The actor's, where it calls the device itself.
    public DeviceIo Current = null!;        // it, or what comes after it
    public bool IsDirect;
    public bool IsAnswered;         // by a device that is an actor
    public IoResult Answer;
    public ConfiguredValueTaskAwaitable<IoResult>.ConfiguredValueTaskAwaiter Pending;
    private Action? _completion;

    // The actor's.
    public IoWorker? Worker;
    public DeviceIo? NextWaiting;   // in the queue where it waits, or told with it

    /// <summary>Tells the owner's actor that the device has completed it: always the same actor.</summary>
    public Action Completion(IActorRef owner) => _completion ??= () => owner.Tell(this, ActorRefs.NoSender);

    public void FireToken()
    {
        if (Token is { IsSpent: false } token)
            token.Submit(writeErrors: (ulong)Error);
    }
}

/// <summary>Takes I/Os back on the actor that started them.</summary>
internal interface IIoOwner
{
    void Ended(DeviceIo io);
}
