namespace Kcopyd.Actors.Mirrors;

/// <summary>What is known of each region. Used by the mirror's actor only.</summary>
/// <remarks>
/// Invariants: a write to a region starts only while the region is <see cref="Marked"/>; a clean region is in sync; and a region that is not in sync is marked.
/// <code>
///  clean ── write (Dirty) ──▶ being marked ── log written (Recorded) ──▶ marked ── idle, legs flushed (Clean) ──▶ clean
///                                                                         │  ▲
///                                              a write failed on all legs └──┘ copied        not in sync
/// </code></remarks>
internal sealed class MirrorRegions
{
    private const int MaxWanted = 64;

    private List<long> _dirtied = [];       // since the last record began
    private List<long> _recording = [];     // to be marked by the record in flight

    public MirrorRegions(MirrorGeometry geometry, RegionSet clean)
    {
        Geometry = geometry;
        Clean = clean;
        InSync = new RegionSet(geometry.Regions);
        Marked = new RegionSet(geometry.Regions);
        Touched = new RegionSet(geometry.Regions);
        for (long region = 0; region < geometry.Regions; region++)
            (clean.Contains(region) ? InSync : Marked).Add(region);
    }

    public MirrorGeometry Geometry { get; }

    /// <summary>The regions that the next record of the log calls clean.</summary>
    public RegionSet Clean { get; }

    /// <summary>The regions that are equal on all legs in use, but for writes in flight.</summary>
    public RegionSet InSync { get; }

    /// <summary>The regions that are not clean on the log's stable storage.</summary>
    public RegionSet Marked { get; }

    /// <summary>The regions written since the last look for idle ones.</summary>
    public RegionSet Touched { get; }

    /// <summary>Regions that are not in sync and were used, so that they are copied first. A few: it is a hint.</summary>
    public Queue<long> Wanted { get; } = new();

    public bool AreInSync(long start, long end) => InSync.ContainsAll(First(start), Last(end));

    /// <summary>Records that a range is about to be written.</summary>
    /// <returns>True if it may be written now; false if the log must be written first.</returns>
    public bool TryDirty(long start, long end)
    {
        var isMarked = true;
        for (long region = First(start), last = Last(end); region <= last; region++)
        {
            Touched.Add(region);
            if (Marked.Contains(region))
                continue;
            isMarked = false;
            if (Clean.Remove(region))
                _dirtied.Add(region);
        }
        return isMarked;
    }

    /// <summary>Called when a record of the log begins.</summary>
    public void BeginRecord() => (_recording, _dirtied) = (_dirtied, _recording);

    /// <summary>Called when the record has ended.</summary>
    public void EndRecord(bool isRecorded)
    {
        if (isRecorded)
            _recording.ForEach(region => Marked.Add(region));
        else
            _dirtied.AddRange(_recording);
        _recording.Clear();
    }

    /// <summary>Makes a region clean in the next record, unless it has been written since it was found idle.</summary>
    public void CleanIfIdle(long region)
    {
        if (Touched.Contains(region) || !InSync.Contains(region) || !Marked.Remove(region))
            return;
        Clean.Add(region);
    }

    /// <summary>Called when a range is used.</summary>
    public void Want(long start, long end)
    {
        if (!InSync.IsFull && Wanted.Count < MaxWanted && InSync.NextMissing(First(start)) is var region && region >= 0 && region <= Last(end))
            Wanted.Enqueue(region);
    }

    /// <summary>Called at the end of a write.</summary>
    public void Touch(long start, long end)
    {
        for (long region = First(start), last = Last(end); region <= last; region++)
            Touched.Add(region);
    }

    /// <summary>Called when a range may differ between the legs.</summary>
    public void Differ(long start, long end)
    {
        for (long region = First(start), last = Last(end); region <= last; region++)
            InSync.Remove(region);
    }

    /// <summary>Makes the next record call no region clean.</summary>
    public void DirtyAll()
    {
        for (var region = Clean.Next(0); region >= 0; region = Clean.Next(region + 1))
        {
            if (!Marked.Contains(region))
                _dirtied.Add(region);
        }
        Clean.Clear();
    }

    /// <summary>Called when a leg may lack any write to the marked regions.</summary>
    public void DifferWhereMarked()
    {
        for (var region = Marked.Next(0); region >= 0; region = Marked.Next(region + 1))
            InSync.Remove(region);
    }

    private long First(long start) => Geometry.RegionOf(start);

    private long Last(long end) => Geometry.RegionOf(end - 1);
}
