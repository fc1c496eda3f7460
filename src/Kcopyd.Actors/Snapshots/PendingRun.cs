namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// Exceptions that were started together and do not hold yet: chunks that follow each other on the origin and in the store.
/// </summary>
/// <remarks><code>
/// started ── data is in the store ──▶ copied ── all runs before it, too ──▶ committing ── record is on the medium ──▶ holds
///    └──────────── an error anywhere: the snapshot is invalid, and every pending run with it ───────────────────────┘
/// </code></remarks>
internal sealed class PendingRun(SnapshotCore snapshot, long old, long @new)
{
    public SnapshotCore Snapshot { get; } = snapshot;

    public long Old { get; } = old;

    public long New { get; } = @new;

    /// <summary>Chunks.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>Its first byte on the origin.</summary>
    public long Start => Snapshot.Geometry.OffsetOf(Old);

    /// <summary>The byte behind its last one on the origin, which may end within its last chunk.</summary>
    public long End => Math.Min(Snapshot.Geometry.OffsetOf(Old + Count), Snapshot.Origin.Device.Length);

    /// <summary>The data is in the store.</summary>
    public bool IsCopied { get; set; }

    /// <summary>Records of it that a commit has taken.</summary>
    public int Recorded { get; set; }

    /// <summary>Of these, the ones that are on the medium: a run may be in two commits.</summary>
    public int Committed { get; set; }

    /// <summary>It holds, or never will.</summary>
    public bool IsOver { get; set; }

    /// <summary>The request whose whole-chunk write is its data; null if it is copied.</summary>
    public BlockRequest? Direct { get; set; }

    /// <summary>Bytes from that request's start.</summary>
    public long DirectOffset { get; set; }

    /// <summary>Writes to the snapshot that go on when it holds.</summary>
    public List<SnapshotIo>? SnapshotWrites { get; set; }

    /// <summary>Writes to the origin that go on when it holds, or never will.</summary>
    public List<SnapshotIo>? OriginWrites { get; set; }

    /// <summary>Takes the next chunk in, if it follows in both.</summary>
    public bool TryExtend(long old, long @new)
    {
        if (old != Old + Count || @new != New + Count)
            return false;
        Count++;
        return true;
    }
}
