using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>The progress of a job: a snapshot taken between two events of the client.</summary>
/// <param name="JobId">The job's number.</param>
/// <param name="State">The job's state.</param>
/// <param name="Length">Bytes to copy to each destination; for a stream whose end has not been reached, more than any device has.</param>
/// <param name="BytesRead">Bytes of the source that were read (or written as zeroes instead).</param>
/// <param name="Destinations">Per destination: bytes written so far and the first error.</param>
public sealed record JobProgress(long JobId, JobState State, long Length, long BytesRead, IReadOnlyList<DestinationProgress> Destinations)
{
    /// <summary>Per destination: bytes written so far and the first error.</summary>
    public IReadOnlyList<DestinationProgress> Destinations { get; init; } = WireList.Of(Destinations);
}

/// <summary>The progress of one destination of a job.</summary>
/// <param name="Bytes">Bytes written.</param>
/// <param name="Fault">First error: code, sector, message; null if there has been none.</param>
public readonly record struct DestinationProgress(long Bytes, IoFault? Fault);

/// <summary>The state of a job.</summary>
public enum JobState
{
    /// <summary>Admitted; no I/O has started.</summary>
    Waiting,
    /// <summary>Reading and writing.</summary>
    Running,
    /// <summary>Paused: I/O in flight completes, nothing new starts.</summary>
    Paused,
    /// <summary>Stopped by an error or cancelled: I/O in flight completes.</summary>
    Stopping,
    /// <summary>Flushing its destinations.</summary>
    Flushing,
    /// <summary>Reading back and comparing.</summary>
    Verifying,
    /// <summary>Done; its notification has been sent.</summary>
    Completed,
}
