namespace Kcopyd.Actors.Devices;

/// <summary>
/// A device that can tell that a call made now does not block the calling thread, because any wait takes place elsewhere. An actor makes such a call while it
/// processes a message.
/// </summary>
internal interface IPromptDevice
{
    bool IsPrompt(DeviceOperation operation);
}

internal static class PromptDevices
{
    public static bool IsPrompt(this IBlockDevice device, DeviceOperation operation) => device is IPromptDevice prompt && prompt.IsPrompt(operation);
}
