using Akka.Actor;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.BlockIo;

/// <summary>A device that is an actor: it takes an I/O from another actor by one message, and gives it back by one, or several I/Os by one.</summary>
internal interface IActorDevice : IPromptDevice
{
    /// <summary>Takes a read, a write or a flush, if nothing is wrong with it. It comes back to its owner's actor with <see cref="DeviceIo.Answer"/>.</summary>
    bool TryTake(DeviceIo io, IActorRef owner);
}
