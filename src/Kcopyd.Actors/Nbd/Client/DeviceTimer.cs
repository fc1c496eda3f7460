using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>A timer of the device's actor: its key, and the message when the time has passed.</summary>
internal sealed class DeviceTimer : INoSerializationVerificationNeeded
{
    private DeviceTimer()
    {
    }

    /// <summary>The pause before the next attempt to connect.</summary>
    public static DeviceTimer Retry { get; } = new();

    /// <summary>The time that requests wait for a lost server.</summary>
    public static DeviceTimer Limit { get; } = new();

    /// <summary>The time after which a server that was found again counts as back though nobody asked it for anything.</summary>
    public static DeviceTimer Settled { get; } = new();

    /// <summary>Part of the time that a request may wait for its answer; again and again.</summary>
    public static DeviceTimer Tick { get; } = new();

    /// <summary>The time that a device that closes waits for its streams.</summary>
    public static DeviceTimer Close { get; } = new();
}
