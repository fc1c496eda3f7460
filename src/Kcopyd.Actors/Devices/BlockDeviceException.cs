namespace Kcopyd.Actors;

/// <summary>A transfer was incomplete, or a flush failed: see <see cref="BlockDeviceExtensions"/>.</summary>
public sealed class BlockDeviceException : IOException
{
    internal BlockDeviceException(IBlockDevice device, string what, long offset, IoError error)
        : base($"{device.Name}: {what}{(offset < 0 ? "" : $" at byte {offset}")}: {error.Describe()}")
    {
        Device = device;
        Offset = offset;
        Error = error;
    }

    /// <summary>The device.</summary>
    public IBlockDevice Device { get; }

    /// <summary>The byte on the device up to which everything was transferred; -1 if the error has no position (a flush).</summary>
    public long Offset { get; }

    /// <summary>The error; <see cref="IoError.EndOfDevice"/> if the device ended before the transfer was complete.</summary>
    public IoError Error { get; }
}
