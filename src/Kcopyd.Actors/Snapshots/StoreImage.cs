namespace Kcopyd.Actors.Snapshots;

/// <summary>A persistent store as it was read from its device: what the actor goes on with.</summary>
internal sealed class StoreImage
{
    public required StoreGeometry Geometry { get; init; }

    /// <summary>False: the store says that it is invalid, and nothing else of it was read.</summary>
    public required bool IsValid { get; init; }

    public ExceptionTable Table { get; } = new();

    /// <summary>Records of the current area, as they are on the device; zero behind the last one.</summary>
    public Memory<byte> Area { get; init; }

    public long CurrentArea { get; set; }

    /// <summary>Records in the current area.</summary>
    public int Committed { get; set; }

    /// <summary>Behind the last record of the current area the device holds what an interrupted write has left.</summary>
    public bool HasStaleRecords { get; set; }

    /// <summary>The chunk that the next exception gets.</summary>
    public long NextFree { get; set; } = StoreGeometry.FirstData;

    /// <summary>Exceptions whose chunk lies behind the end of the device: they cannot be read.</summary>
    public long Lost { get; set; }
}
