namespace Kcopyd.Actors.Snapshots;

/// <summary>The messages of an origin's actor (<see cref="SnapshotOrigin.Actor"/>), for callers that have only its reference.</summary>
public static class SnapshotProtocol
{
    /// <summary>Requests the status of snapshots. Answered by <see cref="Statuses"/>.</summary>
    /// <param name="Name">The name of one snapshot; null for all.</param>
    public sealed record GetStatus(string? Name = null) : IOriginCommand;

    /// <summary>The status of each snapshot, in the order in which they were opened.</summary>
    public sealed record Statuses(IReadOnlyList<SnapshotStatus> Snapshots);
}
