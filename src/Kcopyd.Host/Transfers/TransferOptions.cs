using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>The options of <c>copy</c> and <c>zero</c>.</summary>
internal sealed record TransferOptions
{
    /// <summary>Flags of every job. Everything is flushed in the end regardless of them: success means stable storage.</summary>
    public required CopyFlags Flags { get; init; }

    /// <summary>The limit in bytes per second; 0 means no limit.</summary>
    public required long Rate { get; init; }

    /// <summary>Maximum percentage of time with I/O in flight, 1 to 100.</summary>
    public required int Throttle { get; init; }

    public required IoMode Io { get; init; }

    /// <summary>Size of a sub-job in bytes.</summary>
    public required int SubJobSize { get; init; }

    /// <summary>The allowed offload methods; null uses the settings.</summary>
    public required OffloadKinds? Offload { get; init; }

    /// <summary>Maximum number of retries for unreadable ranges.</summary>
    public int Retries { get; init; }

    /// <summary>Copies from the end to the start.</summary>
    public bool Reverse { get; init; }

    /// <summary>Path of the list of ranges to copy; null copies everything.</summary>
    public string? Ranges { get; init; }

    /// <summary>Path of the ddrescue map file; null without one.</summary>
    public required string? Mapfile { get; init; }

    /// <summary>Empties destination files before they are written.</summary>
    public bool Truncate { get; init; }

    /// <summary>Overwrites destination files that hold data.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Uses devices and files that are in use by other programs.</summary>
    public bool Force { get; init; }

    /// <summary>Reports what would be done, and does nothing.</summary>
    public bool DryRun { get; init; }

    public required ProgressMode Progress { get; init; }

    public required bool Json { get; init; }

    public required LogLevel LogLevel { get; init; }

    public bool IgnoresErrors => (Flags & (CopyFlags.IgnoreError | CopyFlags.Sequential)) == CopyFlags.IgnoreError;

    /// <summary>True if written data is read back.</summary>
    public bool Verifies => (Flags & (CopyFlags.Verify | CopyFlags.VerifyHash)) != 0;

    /// <summary>True if the result has hashes of whole regions.</summary>
    public bool Hashes => (Flags & CopyFlags.VerifyHash) != 0;
}
