namespace Kcopyd.Actors.Snapshots;

/// <summary>One snapshot. The immutable part may be used by any thread, the rest by the origin's actor only.</summary>
internal sealed class SnapshotCore(OriginCore origin, string name, IBlockDevice cow, SnapshotOptions options, StoreGeometry geometry,
    ExceptionStore store, ExceptionTable table, int fillThreshold)
{
    public OriginCore Origin { get; } = origin;

    public string Name { get; } = name;

    public SnapshotOptions Options { get; } = options;

    public StoreGeometry Geometry { get; } = geometry;

    /// <summary>Percentage of the store.</summary>
    public int FillThreshold { get; } = fillThreshold;

    /// <summary>True if the store, or the transient snapshot, was just created.</summary>
    public bool IsNew { get; init; }

    /// <summary>The store's label while the snapshot is attached; the present label if it need not change.</summary>
    public SnapshotStoreLabel? LabelWhenOpen { get; init; }

    /// <summary>Why it must not be attached. A store that is already open here takes precedence, because that explains the refusal.</summary>
    public SnapshotStoreException? Refusal { get; init; }

    /// <summary>True if the store was found unclean and not accepted: it stays unclean when it is closed.</summary>
    public bool StaysUnclean { get; init; }

    // ---- used by the actor only --------------------------------------------------------------------------------------------

    public IBlockDevice Cow { get; set; } = cow;

    public ExceptionStore Store { get; } = store;

    public ExceptionTable Table { get; } = table;

    /// <summary>Its parts, once it is attached.</summary>
    public LiveSnapshot Live { get; set; } = null!;

    /// <remarks><code>
    ///           IsFull, RunOutOfSpace             HasGrown               StartMerge              FailMerge
    ///  Active ────────────────────────▶ Overflow ──────────▶ Active ────────────────▶ Merging ◀───────────▶ MergeFailed
    ///  any ──Invalidate──▶ Invalid                                                             StartMerge
    /// </code></remarks>
    public SnapshotState State { get; private set; }

    public SnapshotProblem Problem { get; private set; }

    /// <summary>The problem as a message for the user.</summary>
    public string? Reason { get; private set; }

    public bool IsInvalid => State == SnapshotState.Invalid;

    public bool IsMerging => State is SnapshotState.Merging or SnapshotState.MergeFailed;

    public bool IsClosed { get; set; }

    /// <summary>False if the snapshot is invalid and this could not be recorded in its store.</summary>
    public bool IsRecorded { get; set; } = true;

    public void Become(SnapshotState state, SnapshotProblem problem = SnapshotProblem.None, string? reason = null) =>
        (State, Problem, Reason) = (state, problem, reason);

    /// <summary>Notes a problem that does not affect what the snapshot shows.</summary>
    public void Note(SnapshotProblem problem, string reason) => (Problem, Reason) = (problem, reason);

    /// <summary>Finds the extent that begins at a byte of a request: bytes that are contiguous in the store, or all on the origin.</summary>
    /// <returns>Its offset in the store, or -1 for the origin; and its end, counted from the request's start.</returns>
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

    public SnapshotStatus Status() => new(Name, State, Store.UsedSectors, Cow.Length >> IoRegion.SectorShift, Store.MetadataSectors, Table.Count,
        Geometry.ChunkSize, Options.Store, Reason)
    {
        Problem = Problem,
        IsRecorded = IsRecorded,
    };
}
