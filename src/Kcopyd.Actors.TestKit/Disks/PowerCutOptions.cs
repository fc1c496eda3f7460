namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Which power cuts <see cref="PowerCuts"/> yields. Immutable.</summary>
public sealed record PowerCutOptions
{
    internal const int MaxExhaustiveLimit = 16;
    internal const int MaxSamples = 100_000;

    /// <summary>The source of the outcomes that are chosen at random. Default: 0.</summary>
    public int Seed { get; init; }

    /// <summary>Every outcome is tried if there are at most two to the power of this number: all subsets of this many sectors that a power cut may lose, on
    /// all disks together. 0 to 16; default: 6.</summary>
    public int ExhaustiveLimit { get; init; } = 6;

    /// <summary>The number of outcomes for each time at which there are too many to try all: nothing lost, everything lost, and random ones. 2 to 100,000;
    /// default: 20.</summary>
    public int Samples { get; init; } = 20;

    /// <summary>The first time at which the power is cut. Default: 0, before the first I/O.</summary>
    public long From { get; init; }

    /// <summary>The last time at which the power is cut. Default: the end of the log.</summary>
    public long To { get; init; } = long.MaxValue;

    /// <summary>Bytes that a disk writes entirely or not at all: a power of two up to 65536. Default: 512, a sector.</summary>
    public int AtomicUnit { get; init; } = IoRegion.SectorSize;

    /// <summary>True to tear sectors, too: some outcomes have one sector (atomic unit) that begins with new bytes and ends with old ones. These outcomes are
    /// always random: where all other outcomes are tried, <see cref="Samples"/> of them are added. Default: false.</summary>
    public bool TearsSectors { get; init; }

    /// <summary>True if each disk writes its cache back in order, so that a power cut loses the end of what was written and nothing else. Of failed writes
    /// and discards, it loses the end separately. Default: false, the disks write back in any order.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>What a discarded range reads as. Default: undefined.</summary>
    public DiscardOutcome Discards { get; init; }

    internal PowerCutOptions Checked()
    {
        if (ExhaustiveLimit is < 0 or > MaxExhaustiveLimit)
            throw Outside(nameof(ExhaustiveLimit), ExhaustiveLimit, $"from 0 to {MaxExhaustiveLimit}");
        if (Samples is < 2 or > MaxSamples)
            throw Outside(nameof(Samples), Samples, $"from 2 to {MaxSamples}");
        if (From < 0)
            throw Outside(nameof(From), From, "at least 0");
        if (To < From)
            throw Outside(nameof(To), To, $"at least {nameof(From)}, {From}");
        if (!int.IsPow2(AtomicUnit) || AtomicUnit > SparseBytes.PageSize)
            throw Outside(nameof(AtomicUnit), AtomicUnit, $"a power of two up to {SparseBytes.PageSize}");
        return Enum.IsDefined(Discards) ? this : throw Outside(nameof(Discards), Discards, "one of the named outcomes");
    }

    private static ArgumentOutOfRangeException Outside(string option, object value, string range) =>
        new(option, value, $"The option {option} of a power cut must be {range}.");
}
