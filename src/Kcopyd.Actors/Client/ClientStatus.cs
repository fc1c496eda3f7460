using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>A snapshot of what a client is doing, and of what its destruction would wait for.</summary>
/// <param name="Name">The client's name.</param>
/// <param name="IsClosing">True if the client is being destroyed: it accepts no new work.</param>
/// <param name="Jobs">Jobs admitted and not yet notified, including waiting ones.</param>
/// <param name="RunningJobs">Ids of the jobs that have started, at most 100.</param>
/// <param name="SubJobsInFlight">Pieces that are being read or written.</param>
/// <param name="OutstandingCallbacks">Prepared callbacks that are neither fired nor abandoned.</param>
/// <param name="Callbacks">The first of them, at most 100: id and context.</param>
/// <param name="PageBytesInUse">Bytes of the page pool that are leased.</param>
/// <param name="PageBytesHeld">Bytes that the page pool currently holds.</param>
/// <param name="PageBytesBound">Bytes that the page pool may hold.</param>
/// <param name="Crews">Live crews, including idle ones.</param>
public sealed record ClientStatus(
    string Name,
    bool IsClosing,
    int Jobs,
    IReadOnlyList<long> RunningJobs,
    int SubJobsInFlight,
    int OutstandingCallbacks,
    IReadOnlyList<OutstandingCallback> Callbacks,
    long PageBytesInUse,
    long PageBytesHeld,
    long PageBytesBound,
    int Crews)
{
    /// <summary>The I/O that has been in flight the longest; null if there is none.</summary>
    public OldestIo? OldestIo { get; init; }

    /// <summary>Ids of the jobs that have started, at most 100.</summary>
    public IReadOnlyList<long> RunningJobs { get; init; } = WireList.Of(RunningJobs);

    /// <summary>The first outstanding prepared callbacks, at most 100: id and context.</summary>
    public IReadOnlyList<OutstandingCallback> Callbacks { get; init; } = WireList.Of(Callbacks);

    /// <inheritdoc/>
    public override string ToString() =>
        $"client '{Name}'{(IsClosing ? " (closing)" : "")}: waits for {Jobs} job(s) ({RunningJobs.Count} running, {SubJobsInFlight} sub-job(s) in flight)"
        + $" and {OutstandingCallbacks} prepared callback(s){string.Concat(Callbacks.Select(callback => $" #{callback.Id}({callback.Context})"))}"
        + (OldestIo is { } oldest ? $"; the oldest in flight is {oldest}" : "");
}

/// <summary>A prepared callback that is neither fired nor abandoned.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Context">Its context, as text.</param>
public sealed record OutstandingCallback(long Id, string? Context);
