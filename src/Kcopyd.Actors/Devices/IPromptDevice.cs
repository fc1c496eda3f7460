namespace Kcopyd.Actors.Devices;

/// <summary>
/// A device that can say that a call, made on the calling thread now, does not block it: what has to be waited for is waited for elsewhere. An actor makes such
/// a call in its turn.
/// </summary>
internal interface IPromptDevice
{
    bool IsPrompt(DeviceOperation operation);
}

internal static class PromptDevices
{
    public static bool IsPrompt(this IBlockDevice device, DeviceOperation operation) => device is IPromptDevice prompt && prompt.IsPrompt(operation);
}
