using System.Globalization;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The status of a mirror at one moment.</summary>
/// <param name="Name">The mirror's name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="RegionSize">Bytes of a region.</param>
/// <param name="Legs">The legs in order.</param>
/// <param name="InSyncRegions">Number of regions that are equal on all legs in use.</param>
/// <param name="Regions">Number of regions.</param>
/// <param name="Log">The name of the log's device; null if there is none.</param>
/// <param name="HasLogFailed">True if the log could not be written: writes that need it fail until it can.</param>
public sealed record MirrorStatus(
    string Name, long Length, long RegionSize, IReadOnlyList<MirrorLegStatus> Legs, long InSyncRegions, long Regions, string? Log, bool HasLogFailed)
{
    /// <summary>True if every leg has every acknowledged write.</summary>
    public bool IsWhole => Legs.All(static leg => leg.State == MirrorLegState.InSync) && InSyncRegions == Regions && !HasLogFailed;

    /// <summary>True if a leg has failed.</summary>
    public bool IsDegraded => Legs.Any(static leg => leg.State == MirrorLegState.Failed);

    /// <summary>True if recovery is paused.</summary>
    public bool IsRecoveryPaused { get; init; }

    /// <summary>Regions that could not be copied because their source could not be read; see <see cref="Mirror.RetryRecoveryAsync"/>.</summary>
    public long GivenUpRegions { get; init; }

    /// <summary>Bytes copied by recovery since the mirror was opened.</summary>
    public long RecoveredBytes { get; init; }

    /// <summary>How long recovery will take at the rate so far; null if nothing is to be copied, or nothing has been.</summary>
    public TimeSpan? RecoveryTimeLeft { get; init; }

    /// <summary>Records written to the log since the mirror was opened.</summary>
    public long LogRecords { get; init; }

    /// <summary>The words and numbers of <c>dmsetup status</c>: sectors, legs, regions in sync and in all, a letter per leg (A, or for its worst error D for a
    /// write, F for a flush, R for a read, S for a copy), and the log.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"0 {Length / IoRegion.SectorSize} mirror {Legs.Count} {string.Join(' ', Legs.Select(static leg => leg.Name))} {InSyncRegions}/{Regions} 1 "
        + $"{string.Concat(Legs.Select(static leg => leg.Letter))} {(Log is null ? "1 core" : $"3 disk {Log} {(HasLogFailed ? 'D' : 'A')}")}");
}

/// <summary>The status of a leg.</summary>
/// <param name="Name">Its device; "-" if it is missing.</param>
/// <param name="State">How it takes part.</param>
/// <param name="Health">Its worst error.</param>
/// <param name="ReadErrors">Reads that it could not answer since the mirror was opened.</param>
/// <param name="Repairs">Ranges that were rewritten from another leg because it could not read them.</param>
public sealed record MirrorLegStatus(string Name, MirrorLegState State, MirrorLegHealth Health, long ReadErrors, long Repairs)
{
    /// <summary>The letter of <c>dmsetup status</c>.</summary>
    public char Letter => Health switch
    {
        MirrorLegHealth.Read => 'R',
        MirrorLegHealth.Resync => 'S',
        MirrorLegHealth.Write => 'D',
        MirrorLegHealth.Flush => 'F',
        _ => 'A',
    };
}
