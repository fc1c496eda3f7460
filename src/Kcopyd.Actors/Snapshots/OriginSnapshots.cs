namespace Kcopyd.Actors.Snapshots;

/// <summary>The snapshots that are attached to an origin. Used by the origin's actor only.</summary>
internal sealed class OriginSnapshots
{
    public List<SnapshotCore> All { get; } = [];

    /// <summary>The snapshot that is being merged into the origin, or opened for a merge; null if there is none.</summary>
    public SnapshotCore? Merging { get; set; }

    public bool AreQuiet => !All.Exists(static snapshot => !snapshot.Live.IsQuiet);
}
