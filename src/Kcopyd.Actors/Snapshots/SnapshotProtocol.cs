namespace Kcopyd.Actors.Snapshots;

/// <summary>What the actor of an origin (<see cref="SnapshotOrigin.Actor"/>) answers to those who have only its reference.</summary>
public static class SnapshotProtocol
{
    /// <summary>Asks how snapshots are. Answered by <see cref="Statuses"/>.</summary>
    /// <param name="Name">Of one snapshot; null for all.</param>
    public sealed record GetStatus(string? Name = null) : IOriginCommand;

    /// <summary>How they are, in the order in which they were opened.</summary>
    public sealed record Statuses(IReadOnlyList<SnapshotStatus> Snapshots);
}
