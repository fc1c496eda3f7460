using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>A timer of the device's actor: its key, and the message sent when the time has passed.</summary>
internal sealed class DeviceTimer : INoSerializationVerificationNeeded
{
    private DeviceTimer()
    {
    }

    /// <summary>The pause before the next attempt to connect.</summary>
    public static DeviceTimer Retry { get; } = new();

    /// <summary>The time that requests wait for a lost server.</summary>
    public static DeviceTimer Limit { get; } = new();

    /// <summary>The time after which a server that was found again counts as back even if no request was sent to it.</summary>
    public static DeviceTimer Settled { get; } = new();

    /// <summary>A periodic fraction of the time that a request may wait for its answer.</summary>
    public static DeviceTimer Tick { get; } = new();

    /// <summary>The time that a closing device waits for its streams.</summary>
    public static DeviceTimer Close { get; } = new();
}
