namespace Kcopyd.Actors.Snapshots;

/// <summary>The content of a persistent store as read from its device, from which the actor continues.</summary>
internal sealed class StoreImage
{
    public required StoreGeometry Geometry { get; init; }

    /// <summary>The header and the label.</summary>
    public required StoreHead Head { get; init; }

    /// <summary>False if the store is marked as invalid; nothing else of it was read then.</summary>
    public bool IsValid => Head.Header.Valid != 0;

    public SnapshotProblem Problem => !IsValid ? SnapshotProblem.FoundInvalid : Lost > 0 ? SnapshotProblem.Truncated : SnapshotProblem.None;

    /// <summary>The problem as a message for the user; null if there is none.</summary>
    public string? Reason => Problem switch
    {
        SnapshotProblem.FoundInvalid => "its store says so",
        SnapshotProblem.Truncated => $"its store was truncated: {Lost} chunks are lost",
        _ => null,
    };

    public ExceptionTable Table { get; } = new();

    /// <summary>The page of the current area that contains the end of the list; zero behind the last record.</summary>
    public Memory<byte> Page { get; init; }

    public long CurrentArea { get; set; }

    /// <summary>Index in the current area of the page's first record.</summary>
    public int PageStart { get; set; }

    /// <summary>Number of records in the page.</summary>
    public int InPage { get; set; }

    /// <summary>Number of records in the current area.</summary>
    public int Committed => PageStart + InPage;

    /// <summary>True if the page on the device has, behind the last record, leftovers of an interrupted write.</summary>
    public bool IsPageStale { get; set; }

    /// <summary>True if the current area has such leftovers behind the page.</summary>
    public bool IsTailStale { get; set; }

    /// <summary>The chunk that the next exception gets.</summary>
    public long NextFree { get; set; } = StoreGeometry.FirstData;

    /// <summary>Number of exceptions whose chunk is beyond the end of the device and cannot be read.</summary>
    public long Lost { get; set; }
}
