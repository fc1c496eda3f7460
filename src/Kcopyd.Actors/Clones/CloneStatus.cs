using System.Globalization;

namespace Kcopyd.Actors.Clones;

/// <summary>The status of a clone. <see cref="ToString"/> formats it with the words and numbers of <c>dmsetup status</c>.</summary>
/// <param name="Name">The clone's name.</param>
/// <param name="Mode">Whether it can be read and written.</param>
/// <param name="UsedBlocks">Metadata blocks of 4096 bytes in use.</param>
/// <param name="TotalBlocks">Metadata blocks of 4096 bytes.</param>
/// <param name="RegionSize">Region size in bytes.</param>
/// <param name="HydratedRegions">Regions that are read from the destination.</param>
/// <param name="Regions">All regions.</param>
/// <param name="RegionsInFlight">Regions that are being copied.</param>
/// <param name="IsHydrating">True if the background hydration is enabled.</param>
/// <param name="PassesDiscards">True if discards are passed to the destination.</param>
/// <param name="HydrationThreshold">Maximum number of regions that the background hydration copies at once.</param>
/// <param name="HydrationBatchSize">Maximum number of consecutive regions that one copy hydrates.</param>
public sealed record CloneStatus(string Name, CloneMode Mode, long UsedBlocks, long TotalBlocks, long RegionSize, long HydratedRegions, long Regions,
    long RegionsInFlight, bool IsHydrating, bool PassesDiscards, int HydrationThreshold, int HydrationBatchSize)
{
    /// <summary>Bytes per second that the recent hydration reached; 0 if it is not progressing.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>Estimated time until all regions are hydrated; null if the hydration is not progressing.</summary>
    public TimeSpan? TimeLeft => HydratedRegions == Regions ? TimeSpan.Zero
        : BytesPerSecond > 0 && (Regions - HydratedRegions) * (double)RegionSize / BytesPerSecond is var seconds and < 1e9 ? TimeSpan.FromSeconds(seconds)
        : null;

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Mode == CloneMode.Failed)
            return "Fail";
        var flags = (IsHydrating, PassesDiscards) switch
        {
            (true, true) => "0",
            (false, true) => "1 no_hydration",
            (true, false) => "1 no_discard_passdown",
            (false, false) => "2 no_hydration no_discard_passdown",
        };
        return string.Create(CultureInfo.InvariantCulture,
            $"{MetadataBlock.Sectors} {UsedBlocks}/{TotalBlocks} {RegionSize >> IoRegion.SectorShift} {HydratedRegions}/{Regions} {RegionsInFlight} {flags} "
            + $"4 hydration_threshold {HydrationThreshold} hydration_batch_size {HydrationBatchSize} {(Mode == CloneMode.ReadWrite ? "rw" : "ro")}");
    }
}

/// <summary>Whether a clone can be read and written. Only opening it again returns to <see cref="ReadWrite"/>.</summary>
public enum CloneMode
{
    /// <summary>It can be read and written.</summary>
    ReadWrite,
    /// <summary>A commit failed: regions can no longer be marked as hydrated. Everything can be read; writes to regions that the committed metadata marks as
    /// hydrated succeed; other writes, and flushes, fail with <see cref="IoError.Io"/>.</summary>
    ReadOnly,
    /// <summary>A commit failed, and the metadata cannot be read to find out how far it came: every I/O fails with <see cref="IoError.Io"/>.</summary>
    Failed,
}
