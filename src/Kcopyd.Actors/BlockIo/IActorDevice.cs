using Akka.Actor;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.BlockIo;

/// <summary>A device that is an actor. It accepts an I/O from another actor in one message, and returns one or several I/Os in one message.</summary>
internal interface IActorDevice : IPromptDevice
{
    /// <summary>Accepts a valid read, write or flush. The I/O returns to its owner's actor with <see cref="DeviceIo.Answer"/> set.</summary>
    bool TryTake(DeviceIo io, IActorRef owner);
}
