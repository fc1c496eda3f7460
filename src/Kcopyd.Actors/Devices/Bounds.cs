namespace Kcopyd.Actors.Devices;

/// <summary>The bounds of a device: checks that every device makes before it accesses the medium.</summary>
internal static class Bounds
{
    /// <summary>How much of <paramref name="count"/> bytes at <paramref name="offset"/> lies on the device.</summary>
    public static int Clamp(long deviceLength, long offset, int count) => (int)Clamp(deviceLength, offset, (long)count);

    /// <inheritdoc cref="Clamp(long, long, int)"/>
    public static long Clamp(long deviceLength, long offset, long count) => Math.Min(count, Math.Max(0, deviceLength - offset));

    /// <summary>The error of a write of which nothing can be written; <see cref="IoError.None"/> if some of it can.</summary>
    public static IoError RefuseWrite(IBlockDevice device, long offset, long count) =>
        device.IsReadOnly ? IoError.ReadOnly
        : offset < 0 || count < 0 ? IoError.Invalid
        : count > 0 && offset >= device.Length ? IoError.NoSpace
        : IoError.None;
}
