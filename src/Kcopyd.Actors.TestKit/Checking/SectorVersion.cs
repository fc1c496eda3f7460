namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// A change of one sector and the reads that found it: a cluster, as in <see cref="RegisterZones{TValue}"/>. A version precedes another for certain if some
/// operation of the one ends before some operation of the other begins.
/// </summary>
internal sealed class SectorVersion
{
    /// <summary>What the sector may contain: several contents after a power cut, until a read settles it.</summary>
    public required List<PossibleContent> Contents { get; set; }

    /// <summary>The latest call of an operation that wrote or found this version.</summary>
    public required int LastBegin { get; set; }

    /// <summary>The earliest end of such an operation.</summary>
    public int FirstEnd { get; set; } = int.MaxValue;

    /// <summary>The end of a change that succeeded: what flushes called later make durable.</summary>
    public int? Completed { get; set; }

    /// <summary>False while the change may not have happened at all: it is open or failed, and was never read.</summary>
    public bool IsCertain { get; set; }

    /// <summary>True if this version, or a later one, survives a power cut.</summary>
    public bool IsDurable { get; set; }

    /// <summary>The position of the end of a flush that failed while the change was in progress, so that the change may be lost although it succeeds.</summary>
    public int? FailedFlush { get; set; }

    /// <summary>False after a failed flush, when what was written may be lost later still, so that a read settles nothing.</summary>
    public bool Settles { get; init; } = true;

    public bool Has(long stamp) => Contents.Exists(content => content.Stamp is not { } known || known == stamp);

    /// <summary>True if this version cannot be found by a read that begins at <paramref name="begin"/> and ends at <paramref name="end"/>, because of
    /// <paramref name="other"/>.</summary>
    public bool Contradicts(SectorVersion other, int begin, int end) => other.IsCertain && other != this &&
        Math.Min(FirstEnd, end) < other.LastBegin && other.FirstEnd < Math.Max(LastBegin, begin);

    public void Found(long stamp, int begin, int end)
    {
        LastBegin = Math.Max(LastBegin, begin);
        FirstEnd = Math.Min(FirstEnd, end);
        IsCertain = true;
        if (Settles && Contents.Count > 1)
            Contents = [Contents.Find(content => content.Stamp is null) ?? Contents.First(content => content.Stamp == stamp)];
    }

    /// <summary>The version that no operation wrote: the initial content, or what a power cut or a failed flush left.</summary>
    public static SectorVersion Left(List<PossibleContent> contents, int position, bool settles = true) => new()
    {
        Contents = contents,
        LastBegin = position,
        FirstEnd = position,
        IsCertain = true,
        IsDurable = true,
        Settles = settles,
    };
}
