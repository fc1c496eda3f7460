using System.Numerics;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The regions of a mirror.</summary>
/// <param name="Length">Bytes of the mirror: a multiple of 512.</param>
/// <param name="RegionSize">Bytes of a region: a power of two, at least 1024. The last region may be shorter.</param>
internal readonly record struct MirrorGeometry(long Length, long RegionSize)
{
    /// <summary>Bytes. The kernel's limits are 2 and 2^31 sectors.</summary>
    public const long MinRegionSize = 1024, MaxRegionSize = 1L << 40;

    /// <summary>Half a gigabyte of bits; a mirror that would have more needs larger regions.</summary>
    public const long MaxRegions = 1L << 32;

    private int Shift => BitOperations.Log2((ulong)RegionSize);

    public long Regions => (Length + RegionSize - 1) >> Shift;

    public static bool IsRegionSize(long bytes) => BitOperations.IsPow2(bytes) && bytes is >= MinRegionSize and <= MaxRegionSize;

    public long RegionOf(long offset) => offset >> Shift;

    public long Start(long region) => region << Shift;

    /// <summary>The byte after the region's last one.</summary>
    public long End(long region) => Math.Min((region + 1) << Shift, Length);
}
