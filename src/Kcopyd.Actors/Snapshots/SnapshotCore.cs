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

    /// <summary>What it consists of, from when it is attached on.</summary>
    public LiveSnapshot Live { get; set; } = null!;

    /// <remarks><code>
    ///           IsFull, RunOutOfSpace             HasGrown               StartMerge              FailMerge
    ///  Active ────────────────────────▶ Overflow ──────────▶ Active ────────────────▶ Merging ◀───────────▶ MergeFailed
    ///  any ──Invalidate──▶ Invalid                                                             StartMerge
    /// </code></remarks>
    public SnapshotState State { get; private set; }

    public SnapshotProblem Problem { get; private set; }

    /// <summary>The same for people.</summary>
    public string? Reason { get; private set; }

    public bool IsInvalid => State == SnapshotState.Invalid;

    public bool IsMerging => State is SnapshotState.Merging or SnapshotState.MergeFailed;

    public bool IsClosed { get; set; }

    /// <summary>The store says on its device that the snapshot is invalid, if it is.</summary>
    public bool IsRecorded { get; set; } = true;

    public void Become(SnapshotState state, SnapshotProblem problem = SnapshotProblem.None, string? reason = null) => (State, Problem, Reason) = (state, problem, reason);

    /// <summary>Something went wrong that changes nothing of what it shows.</summary>
    public void Note(SnapshotProblem problem, string reason) => (Problem, Reason) = (problem, reason);

    /// <summary>How far from a place of a request on its bytes follow each other in the store, or are all on the origin.</summary>
    /// <returns>The byte in the store, or -1; and where that ends, in bytes from the request's start.</returns>
    public (long Place, long End) Stretch(OriginRequest request, long at)
    {
        var offset = request.Offset + at;
        var chunk = Geometry.ChunkOf(offset);
        var first = Table.Find(chunk);
        long end;
        var next = chunk + 1;
        while ((end = Geometry.OffsetOf(next) - request.Offset) < request.Length && Table.Find(next) == (first < 0 ? -1 : first + next - chunk))
            next++;
        return (first < 0 ? -1 : Geometry.OffsetOf(first) + offset - Geometry.OffsetOf(chunk), Math.Min(end, request.Length));
    }

    public SnapshotStatus Status() => new(Name, State, Store.UsedSectors, Cow.Length >> IoRegion.SectorShift, Store.MetadataSectors, Table.Count, Geometry.ChunkSize, Options.Store, Reason)
    {
        Problem = Problem,
        IsRecorded = IsRecorded,
    };
}
