using System.Globalization;

namespace Kcopyd.Interop.Tests.Mirrors;

internal enum MirrorChange { Write, Zero, Discard }

/// <summary>A change of a range. Sectors have 512 bytes; the data are bytes of the blob.</summary>
internal sealed record MirrorOperation(MirrorChange Change, int Sector, int Count, int At)
{
    public int End => Sector + Count;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Change} sector {Sector} count {Count} data at {At}");
}

/// <summary>One opening of a mirror, until it is closed or its process is killed.</summary>
internal sealed record MirrorStep
{
    /// <summary>True if this library opens the mirror, false if the kernel does.</summary>
    public required bool Ours { get; init; }

    /// <summary>True if all regions are in sync before anything is written; false if recovery is still running.</summary>
    public bool Waits { get; init; } = true;

    /// <summary>True if the legs get marks before the opening, one sector in many regions: a region that is copied loses its marks, others keep them.</summary>
    public bool Marks { get; init; }

    public IReadOnlyList<MirrorOperation> Operations { get; init; } = [];

    /// <summary>True if the process is killed at the end.</summary>
    public bool Crashes { get; init; }

    /// <summary>What is in flight when the process is killed: all legs but <see cref="HeldLeg"/> may have it.</summary>
    public IReadOnlyList<MirrorOperation> InFlight { get; init; } = [];

    public int HeldLeg { get; init; }

    /// <summary>The features of the kernel's mirror; with ours, the first of them compares the legs instead of copying.</summary>
    public int Features { get; init; }

    public override string ToString() => $"{(Ours ? "ours" : "kernel")}{(Waits ? "" : " early")}{(Marks ? " marks" : "")} features {Features}: "
        + $"{string.Join("; ", Operations)} -> {(Crashes ? $"crash with leg {HeldLeg} held: {string.Join("; ", InFlight)}" : "close")}";
}

/// <summary>How a mirror begins.</summary>
/// <param name="RegionSectors">Sectors of a region.</param>
/// <param name="Sectors">Sectors of each leg, not necessarily a multiple.</param>
/// <param name="Legs">Number of legs.</param>
/// <param name="Equal">True if the legs are equal and are taken so; false if all are made like the first one.</param>
/// <param name="LogSectors">Sectors of the log's device.</param>
/// <param name="LogJunk">The byte that fills it at first.</param>
internal sealed record MirrorShape(int RegionSectors, int Sectors, int Legs, bool Equal, int LogSectors, byte LogJunk)
{
    public int Regions => (Sectors + RegionSectors - 1) / RegionSectors;

    /// <summary>The number of sectors of a region; the last one may be shorter.</summary>
    public int SectorsOf(int region) => Math.Min(RegionSectors, Sectors - region * RegionSectors);
}

/// <summary>A script: a mirror that this library and the kernel open in turns.</summary>
internal sealed class MirrorScript
{
    public const int BlobSize = 1 << 20;

    // Sectors of a region, and the maximum number of regions and of legs.
    private static readonly (int Region, int Regions, int Legs)[] Sizes = [(2, 100, 9), (2, 40, 3), (8, 70, 4), (8, 40, 9), (128, 10, 3), (1024, 4, 2)];

    private readonly Random _random;

    public MirrorScript(string name, MirrorShape shape, params MirrorStep[] steps)
    {
        _random = new Random(0);
        (Name, Shape, Steps) = (name, shape, steps);
    }

    /// <summary>A random script from a seed.</summary>
    public MirrorScript(int seed)
    {
        Name = $"KCOPYD_MIRROR_SEED={seed}";
        _random = new Random(seed);
        var (region, regions, legs) = Sizes[_random.Next(Sizes.Length)];
        var sectors = Math.Max(region, region * _random.Next(1, regions + 1) - (_random.Next(2) == 0 ? 0 : _random.Next(region)));
        var count = (sectors + region - 1) / region;
        var ours = _random.Next(2) == 0;
        Shape = new MirrorShape(region, sectors, _random.Next(2, legs + 1), _random.Next(3) == 0, LogBytes.Size(count) / 512 + _random.Next(3),
            (byte)(ours || _random.Next(2) == 0 ? 0 : 0xaa));
        Steps = [MakeStep(ours), .. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => MakeStep(_random.Next(2) == 0))];
    }

    public string Name { get; }

    public MirrorShape Shape { get; }

    public IReadOnlyList<MirrorStep> Steps { get; }

    public override string ToString() => $"{Name}: {Shape}\n  {string.Join("\n  ", Steps)}";

    /// <summary>A write of whole regions, or of a range that is not.</summary>
    public static MirrorOperation MakeOperation(Random random, MirrorShape shape)
    {
        var region = shape.RegionSectors;
        var (sector, count) = random.Next(4) switch
        {
            0 => (random.Next(shape.Regions) * region, region),
            1 => (random.Next(shape.Regions) * region, region * random.Next(1, 5)),
            2 => (random.Next(shape.Sectors), random.Next(1, 9)),
            _ => (random.Next(shape.Sectors), random.Next(1, 3 * region + 1)),
        };
        count = Math.Min(count, Math.Min(1024, shape.Sectors - sector));
        return new(MirrorChange.Write, sector, count, random.Next(BlobSize - count * 512));
    }

    private MirrorStep MakeStep(bool ours)
    {
        var waits = _random.Next(4) != 0;
        var crashes = _random.Next(2) == 0;
        return new()
        {
            Ours = ours, Waits = waits, Marks = waits && _random.Next(3) != 0, Features = _random.Next(3),
            Crashes = crashes, HeldLeg = _random.Next(Shape.Legs),
            Operations = [.. Enumerable.Range(0, _random.Next(9)).Select(_ => MakeOperation(ours ? _random.Next(10) : 0))],
            InFlight = crashes ? [.. Enumerable.Range(0, _random.Next(5)).Select(_ => MakeOperation(0))] : [],
        };
    }

    private MirrorOperation MakeOperation(int kind) => MakeOperation(_random, Shape) with
    {
        Change = kind == 9 ? MirrorChange.Zero : kind == 8 ? MirrorChange.Discard : MirrorChange.Write,
    };
}
