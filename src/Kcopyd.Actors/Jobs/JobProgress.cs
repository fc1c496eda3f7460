using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>Where a job is: a snapshot, taken between two events of the client.</summary>
/// <param name="JobId">The job's number.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Length">Bytes to copy to each destination; of a stream, until its end is reached, more than any device has.</param>
/// <param name="BytesRead">Bytes of the source that are read (or written as zeroes instead).</param>
/// <param name="Destinations">Per destination: bytes written so far and the first error.</param>
public sealed record JobProgress(long JobId, JobState State, long Length, long BytesRead, IReadOnlyList<DestinationProgress> Destinations)
{
    /// <summary>Per destination: bytes written so far and the first error.</summary>
    public IReadOnlyList<DestinationProgress> Destinations { get; init; } = WireList.Of(Destinations);
}

/// <summary>Where one destination of a job is.</summary>
/// <param name="Bytes">Bytes written.</param>
/// <param name="Fault">First error: code, sector, message; null if there was none so far.</param>
public readonly record struct DestinationProgress(long Bytes, IoFault? Fault);

/// <summary>What a job is doing.</summary>
public enum JobState
{
    /// <summary>Admitted; no I/O started.</summary>
    Waiting,
    /// <summary>Reading and writing.</summary>
    Running,
    /// <summary>Paused: what is in flight finishes, nothing new starts.</summary>
    Paused,
    /// <summary>Stopped by an error or by cancel: what is in flight finishes.</summary>
    Stopping,
    /// <summary>Flushing its destinations.</summary>
    Flushing,
    /// <summary>Reading back and comparing.</summary>
    Verifying,
    /// <summary>Done; its notification has been sent.</summary>
    Completed,
}
