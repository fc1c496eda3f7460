namespace Kcopyd.Actors;

/// <summary>A run of 512-byte sectors on a device.</summary>
/// <param name="Device">The device.</param>
/// <param name="Sector">First sector (512 bytes each), from the start of the device.</param>
/// <param name="Count">Number of 512-byte sectors. The last one may reach past the end of a device whose length is not a multiple of 512:
/// the bytes beyond the end are neither read nor written.</param>
public readonly record struct IoRegion(IBlockDevice Device, long Sector, long Count)
{
    /// <summary>Bytes in a sector, regardless of the device's block size.</summary>
    public const int SectorSize = 512;

    /// <summary>The count of a region that ends where a stream ends, see <see cref="IoRegionExtensions.ToEnd"/>.</summary>
    public const long CountToEnd = long.MaxValue / SectorSize;

    /// <summary>log2 of <see cref="SectorSize"/>.</summary>
    internal const int SectorShift = 9;

    /// <summary>Byte offset of the first sector.</summary>
    public long Offset => Sector << SectorShift;

    /// <inheritdoc/>
    public override string ToString() => $"{Device?.Name ?? "(no device)"} sectors {Sector}+{Count}";
}

/// <summary>Regions of a device.</summary>
public static class IoRegionExtensions
{
    /// <summary><paramref name="count"/> sectors from <paramref name="sector"/> (512 bytes each).</summary>
    public static IoRegion Region(this IBlockDevice device, long sector, long count) => new(device, sector, count);

    /// <summary>Everything from a sector to the end. For jobs whose source is a stream: such a job copies as many bytes as the stream has, and all its
    /// regions are created by this method.</summary>
    /// <param name="device">The stream, or a destination: a block device, a file opened with <see cref="BlockDeviceOptions.Grows"/>, another stream.</param>
    /// <param name="sector">First 512-byte sector; 0 for a stream.</param>
    public static IoRegion ToEnd(this IBlockDevice device, long sector = 0) => new(device, sector, IoRegion.CountToEnd);

    internal static bool IsStream(this IBlockDevice device) => (device.Features & DeviceFeatures.Stream) != 0;

    /// <summary>The whole device, including a partial last sector. A sink has no size: give it a count with <see cref="Region"/>. A stream yields
    /// <see cref="ToEnd"/>.</summary>
    /// <exception cref="ArgumentException">The device is a sink without a size.</exception>
    public static IoRegion Whole(this IBlockDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.IsStream())
            return device.ToEnd();
        if (device.Length == long.MaxValue)
            throw new ArgumentException($"{device.Name} has no size; specify the sectors with Region(sector, count).", nameof(device));
        return new IoRegion(device, 0, (device.Length + IoRegion.SectorSize - 1) >> IoRegion.SectorShift);
    }
}
