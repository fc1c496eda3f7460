namespace Kcopyd.Actors.Clones;

/// <summary>How a clone is divided into regions, and its regions into array blocks.</summary>
/// <param name="RegionSectors">Region size in 512-byte sectors: a power of two.</param>
/// <param name="Sectors">Size of the clone in 512-byte sectors.</param>
internal readonly record struct CloneGeometry(long RegionSectors, long Sectors)
{
    public const int MinRegion = 4096;
    public const int MaxRegion = 1 << 30;

    private const long MaxRegions = 1L << 31;

    /// <summary>Bytes of a region; the last one may be shorter.</summary>
    public long RegionSize => RegionSectors << IoRegion.SectorShift;

    /// <summary>Bytes of the clone.</summary>
    public long Length => Sectors << IoRegion.SectorShift;

    public long Regions => (Sectors + RegionSectors - 1) / RegionSectors;

    public int Words => (int)((Regions + 63) / 64);

    public int Arrays => (Words + ArrayBlock.MaxWords - 1) / ArrayBlock.MaxWords;

    public bool IsValid => IsRegionSize(RegionSize) && Sectors > 0 && Sectors <= long.MaxValue >> IoRegion.SectorShift && Regions <= MaxRegions;

    public static bool IsRegionSize(long bytes) => bytes is >= MinRegion and <= MaxRegion && (bytes & (bytes - 1)) == 0;

    public static int ArrayOf(long region) => (int)(region / (64 * ArrayBlock.MaxWords));

    /// <summary>The words that an array block holds.</summary>
    public (int First, int Count) WordsOf(int array)
    {
        var first = array * ArrayBlock.MaxWords;
        return (first, Math.Min(ArrayBlock.MaxWords, Words - first));
    }

    public long RegionOf(long offset) => offset / RegionSize;

    /// <summary>First byte of a region, or the clone's length for the region behind the last one.</summary>
    public long StartOf(long region) => Math.Min(region * RegionSize, Length);
}
