namespace Kcopyd.Actors.Nbd;

/// <summary>Whether an <see cref="NbdBlockDevice"/> has a server.</summary>
public enum NbdDeviceState
{
    /// <summary>The device has a server.</summary>
    Connected,
    /// <summary>The device has lost its server and reconnects. I/O waits.</summary>
    Reconnecting,
    /// <summary>The device has no server and no longer reconnects. I/O fails with <see cref="IoError.NoDevice"/>.</summary>
    Failed,
    /// <summary>The device is disposed, or its actor was stopped. I/O fails with <see cref="IoError.Closed"/>.</summary>
    Closed,
}

/// <summary>Published on the actor system's event stream, once each, when an <see cref="NbdBlockDevice"/> has lost its server
/// (<see cref="NbdDeviceState.Reconnecting"/>), when the server answers again (<see cref="NbdDeviceState.Connected"/>), and when the device fails permanently
/// (<see cref="NbdDeviceState.Failed"/>). The log has the same as a warning, an information message and an error.</summary>
/// <param name="Device">The device's name, which is the address of the export.</param>
/// <param name="State">Its state from now on.</param>
/// <param name="Reason">The reason, for messages; empty if it is connected.</param>
public sealed record NbdDeviceStateChanged(string Device, NbdDeviceState State, string Reason);
