namespace Kcopyd.Actors.Faults;

/// <summary>A run of bytes on a device.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>A run of 512-byte sectors.</summary>
    public static ByteRange Sectors(long sector, long count = 1) => new(sector * IoRegion.SectorSize, count * IoRegion.SectorSize);

    internal bool Touches(long offset, long length) => offset - Offset < Length && Offset - offset < length;
}
