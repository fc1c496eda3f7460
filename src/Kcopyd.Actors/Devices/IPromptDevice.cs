using Kcopyd.Actors.Workers;

namespace Kcopyd.Actors.Devices;

/// <summary>A device that can say that a call, made on the calling thread now, does not block it: what has to be waited for is waited for elsewhere. Such a call an actor makes in its turn.</summary>
internal interface IPromptDevice
{
    bool IsPrompt(DeviceOperation operation);
}
