using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>What a client is doing, and what its destruction would wait for: a snapshot.</summary>
/// <param name="Name">The client's name.</param>
/// <param name="IsClosing">True if it is being destroyed: it takes no new work.</param>
/// <param name="Jobs">Jobs admitted and not yet notified, waiting ones included.</param>
/// <param name="RunningJobs">Numbers of the jobs that have started, at most 100 of them.</param>
/// <param name="SubJobsInFlight">Pieces that are being read or written.</param>
/// <param name="OutstandingCallbacks">Prepared callbacks neither fired nor abandoned.</param>
/// <param name="Callbacks">The first of them, at most 100: number and context.</param>
/// <param name="PageBytesInUse">Bytes of the page pool that are leased.</param>
/// <param name="PageBytesHeld">Bytes that the page pool holds now.</param>
/// <param name="PageBytesBound">Bytes that the page pool may hold.</param>
/// <param name="Crews">Crews that live, the idle ones included.</param>
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
    /// <summary>What has been in flight for longest; null if nothing is.</summary>
    public OldestIo? OldestIo { get; init; }

    /// <summary>Numbers of the jobs that have started, at most 100 of them.</summary>
    public IReadOnlyList<long> RunningJobs { get; init; } = WireList.Of(RunningJobs);

    /// <summary>The first outstanding prepared callbacks, at most 100: number and context.</summary>
    public IReadOnlyList<OutstandingCallback> Callbacks { get; init; } = WireList.Of(Callbacks);

    /// <inheritdoc/>
    public override string ToString() =>
        $"client '{Name}'{(IsClosing ? " (closing)" : "")}: waits for {Jobs} job(s) ({RunningJobs.Count} running, {SubJobsInFlight} sub-job(s) in flight)"
        + $" and {OutstandingCallbacks} prepared callback(s){string.Concat(Callbacks.Select(callback => $" #{callback.Id}({callback.Context})"))}"
        + (OldestIo is { } oldest ? $"; the oldest in flight is {oldest}" : "");
}

/// <summary>A prepared callback that was neither fired nor abandoned.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Context">Its context, as text.</param>
public sealed record OutstandingCallback(long Id, string? Context);
