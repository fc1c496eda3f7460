namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Adds recording to a device.</summary>
public static class RecordingExtensions
{
    /// <summary>Records everything that changes a device, which the layer owns and disposes. To leave the device open, create the layer with its
    /// constructor.</summary>
    /// <param name="device">The device.</param>
    /// <param name="log">Receives the changes; shared by all devices that lose power together.</param>
    /// <param name="isBlank">True if the device is known to contain zeroes only, so that it need not be read.</param>
    /// <exception cref="ArgumentException">The device is a stream or a sink and has no content.</exception>
    public static RecordingDevice WithRecording(this IBlockDevice device, WriteLog log, bool isBlank = false) => new(device, log, isBlank);
}
