using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>What the options of <c>copy</c> and <c>zero</c> say.</summary>
internal sealed record TransferOptions
{
    /// <summary>Flags of every job. Whatever they say, everything is flushed in the end: success means stable storage.</summary>
    public required CopyFlags Flags { get; init; }

    /// <summary>Bytes a second; 0 is no limit.</summary>
    public required long Rate { get; init; }

    /// <summary>Percentage of time, 1 to 100.</summary>
    public required int Throttle { get; init; }

    public required IoMode Io { get; init; }

    /// <summary>Bytes.</summary>
    public required int SubJobSize { get; init; }

    /// <summary>Ways that may be used to spare reading and writing; null leaves it to the settings.</summary>
    public required OffloadKinds? Offload { get; init; }

    /// <summary>How often what could not be read is read again.</summary>
    public int Retries { get; init; }

    /// <summary>Copies from the end to the start.</summary>
    public bool Reverse { get; init; }

    /// <summary>Where the ranges are that the copy is restricted to; null copies everything.</summary>
    public string? Ranges { get; init; }

    /// <summary>Path of the ddrescue map; null without one.</summary>
    public required string? Mapfile { get; init; }

    /// <summary>Empties destination files before they are written.</summary>
    public bool Truncate { get; init; }

    /// <summary>Writes into destination files that hold something.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Uses what others use, too.</summary>
    public bool Force { get; init; }

    /// <summary>Says what would be done, and does nothing.</summary>
    public bool DryRun { get; init; }

    public required ProgressMode Progress { get; init; }

    public required bool Json { get; init; }

    public required LogLevel LogLevel { get; init; }

    public bool IgnoresErrors => (Flags & (CopyFlags.IgnoreError | CopyFlags.Sequential)) == CopyFlags.IgnoreError;

    /// <summary>True if what was written is read again.</summary>
    public bool Verifies => (Flags & (CopyFlags.Verify | CopyFlags.VerifyHash)) != 0;

    /// <summary>True if the result has hashes of whole regions.</summary>
    public bool Hashes => (Flags & CopyFlags.VerifyHash) != 0;
}
