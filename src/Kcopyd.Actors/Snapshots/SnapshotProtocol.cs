namespace Kcopyd.Actors.Snapshots;

/// <summary>The messages of an origin's actor (<see cref="SnapshotOrigin.Actor"/>), for callers that have only its reference.</summary>
public static class SnapshotProtocol
{
    /// <summary>Requests the status of the origin. Answered by <see cref="OriginStatus"/>.</summary>
    /// <param name="Name">The name of one snapshot; null for all.</param>
    public sealed record GetStatus(string? Name = null) : IOriginCommand;
}
