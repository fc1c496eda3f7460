using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>One snapshot. What never changes is for any thread; the rest is the origin's actor's.</summary>
internal sealed class SnapshotCore(OriginCore origin, string name, IBlockDevice cow, SnapshotOptions options, StoreGeometry geometry,
    ExceptionStore store, ExceptionTable table, int fillThreshold)
{
    public OriginCore Origin { get; } = origin;

    public string Name { get; } = name;

    public SnapshotOptions Options { get; } = options;

    public StoreGeometry Geometry { get; } = geometry;

    /// <summary>Per cent of the store.</summary>
    public int FillThreshold { get; } = fillThreshold;

    /// <summary>The store, or the transient snapshot, was made just now.</summary>
    public bool IsNew { get; init; }

    /// <summary>What the store's label is to be while the snapshot is attached; the one that it has if nothing is to be changed.</summary>
    public SnapshotStoreLabel? LabelWhenOpen { get; init; }

    /// <summary>Why it is not attached, unless its store is open here already, which explains that.</summary>
    public SnapshotStoreException? Refusal { get; init; }

    /// <summary>It was found unclean and nobody has accepted it: it stays so when it is closed.</summary>
    public bool StaysUnclean { get; init; }

    // ---- the actor's --------------------------------------------------------------------------------------------

    public IBlockDevice Cow { get; set; } = cow;

    public ExceptionStore Store { get; } = store;

    public ExceptionTable Table { get; } = table;

    /// <summary>By chunk, what was started and does not hold yet.</summary>
    public Dictionary<long, PendingRun> Pending { get; } = [];

    /// <summary>The same in the order in which it was started.</summary>
    public Queue<PendingRun> Started { get; } = new();

    public PendingRun? LastStarted { get; set; }

    /// <summary>Runs that were started and are not copied.</summary>
    public int NotCopied { get; set; }

    /// <summary>Runs whose last record is in the commit that is under way.</summary>
    public List<PendingRun> Committing { get; } = [];

    /// <summary>Commits, and all else that changes the store's metadata. From when it is attached on.</summary>
    public DeviceSequence Metadata { get; set; } = null!;

    public Action<IoError> CommitEnded { get; set; } = null!;

    /// <summary>Writes into the store that are on their way, for a merge.</summary>
    public IoList Writes { get; } = new();

    public bool IsInvalid { get; set; }

    /// <summary>The store does not say so yet: until then no origin write may go on that the snapshot would have needed.</summary>
    public bool IsInvalidating { get; set; }

    public List<SnapshotIo> AfterInvalidation { get; } = [];

    public bool HasOverflowed { get; set; }

    /// <summary>It overflowed because a write had no space, and what was started is dropped when the commit at work has ended.</summary>
    public bool HasNoSpace { get; set; }

    public bool IsMerging { get; set; }

    public bool HasMergeFailed { get; set; }

    public bool IsClosed { get; set; }

    public string? Reason { get; set; }

    public SnapshotProblem Problem { get; set; }

    /// <summary>The store says on its device that the snapshot is invalid, if it is.</summary>
    public bool IsRecorded { get; set; } = true;

    /// <summary>The store's file is growing. From when it is attached on.</summary>
    public DeviceSequence Growing { get; set; } = null!;

    /// <summary>What continues when the file has grown, or cannot: origin writes, and writes to the snapshot from a byte on.</summary>
    public List<SnapshotIo> OriginWritesAfterGrowth { get; } = [];

    public List<(BlockRequest Request, long At)> WritesAfterGrowth { get; } = [];

    /// <summary>The file could not grow a moment ago: what waited for that does not try it again.</summary>
    public bool CannotGrow { get; set; }

    /// <summary>Per cent of the store from which on the next <see cref="SnapshotFilling"/> is published.</summary>
    public int TellFillingFrom { get; set; } = fillThreshold;

    public SnapshotStatus Status() => new(Name,
        IsInvalid ? SnapshotState.Invalid : HasMergeFailed ? SnapshotState.MergeFailed : HasOverflowed ? SnapshotState.Overflow
            : IsMerging ? SnapshotState.Merging : SnapshotState.Active,
        Store.UsedSectors, Cow.Length >> IoRegion.SectorShift, Store.MetadataSectors, Table.Count, Geometry.ChunkSize, Options.Store, Reason)
        {
            Problem = Problem,
            IsRecorded = IsRecorded,
        };
}
