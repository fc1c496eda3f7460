namespace Kcopyd.Actors.Devices;

/// <summary>
/// A device that can say that a read or a write, begun on the calling thread now, does not block it: what has to be waited for is waited for
/// elsewhere. Who asks needs no worker for it.
/// </summary>
internal interface IPromptDevice
{
    bool IsPrompt { get; }

    /// <summary>The same of a flush.</summary>
    bool IsFlushPrompt { get; }
}
