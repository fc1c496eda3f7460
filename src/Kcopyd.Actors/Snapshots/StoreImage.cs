namespace Kcopyd.Actors.Snapshots;

/// <summary>A persistent store as it was read from its device: what the actor continues with.</summary>
internal sealed class StoreImage
{
    public required StoreGeometry Geometry { get; init; }

    /// <summary>The header and the label.</summary>
    public required StoreHead Head { get; init; }

    /// <summary>False: the store says that it is invalid, and nothing else of it was read.</summary>
    public bool IsValid => Head.Header.Valid != 0;

    public SnapshotProblem Problem => !IsValid ? SnapshotProblem.FoundInvalid : Lost > 0 ? SnapshotProblem.Truncated : SnapshotProblem.None;

    /// <summary>The problem for people; null if there is none.</summary>
    public string? Reason => Problem switch
    {
        SnapshotProblem.FoundInvalid => "its store says so",
        SnapshotProblem.Truncated => $"its store was truncated: {Lost} chunks are lost",
        _ => null,
    };

    public ExceptionTable Table { get; } = new();

    /// <summary>The page of the current area with the end of the list; zero behind the last record.</summary>
    public Memory<byte> Page { get; init; }

    public long CurrentArea { get; set; }

    /// <summary>The record of the current area with which the page begins.</summary>
    public int PageStart { get; set; }

    /// <summary>Records in the page.</summary>
    public int InPage { get; set; }

    /// <summary>Records in the current area.</summary>
    public int Committed => PageStart + InPage;

    /// <summary>Behind the last record the page holds on the device what an interrupted write has left.</summary>
    public bool IsPageStale { get; set; }

    /// <summary>So does the current area, behind the page.</summary>
    public bool IsTailStale { get; set; }

    /// <summary>The chunk that the next exception gets.</summary>
    public long NextFree { get; set; } = StoreGeometry.FirstData;

    /// <summary>Exceptions whose chunk lies behind the end of the device: they cannot be read.</summary>
    public long Lost { get; set; }
}
