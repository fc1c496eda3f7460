namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// A sector that a power cut may leave in several versions. A disk writes a sector as a whole, so a write is there together with the older writes that were
/// in the cache. Exceptions are writes in flight, failed writes and discards: each may be there or not.
/// </summary>
internal sealed class UncertainSector(long start, long end)
{
    private List<Layer[]>? _versions;
    private bool _isCut;

    public long Start => start;

    public long End => end;

    public int Length => (int)(end - start);

    /// <summary>The writes that may be on the medium, in the order in which the disk carries them out; those in flight last.</summary>
    public List<CachedWrite> Writes { get; } = [];

    /// <summary>The place of the sector in the list of its disk.</summary>
    public int Index { get; set; }

    /// <summary>What the current power cut shows above the certain content, newest first.</summary>
    public List<Layer> Shown { get; } = [];

    /// <summary>Identifies the content in the image: 0 if certain content only, the number of the only write that is visible, or -1 if not known.</summary>
    public int ShownKey { get; set; } = -1;

    /// <summary>The newest write that is certainly there although an older one is in doubt; -1 if there is none.</summary>
    public int Floor => Writes.FindLastIndex(static write => write.State == CachedState.Certain);

    public void Changed() => (_versions, ShownKey) = (null, -1);

    /// <summary>All versions, each as the writes that are visible in it, newest first.</summary>
    /// <param name="limit">If there are more, null.</param>
    /// <param name="undefinedDiscards">Discards may be visible as garbage.</param>
    public List<Layer[]>? Versions(int limit, bool undefinedDiscards)
    {
        if (_versions is null)
        {
            (_versions, _isCut) = ([], false);
            var floor = Floor;
            for (var newest = floor; newest < Writes.Count && !_isCut; newest++)
                Collect([], newest, ByteSpans.Of(start, end), newest > floor, limit, undefinedDiscards);
        }
        return _isCut ? null : _versions;
    }

    /// <summary>Shows the version that a choice of writes makes: the newest of them, what is certain, and what was in the cache with it.</summary>
    public void Show(Func<CachedWrite, UncertainSector, bool> isThere, Random? garbage)
    {
        Shown.Clear();
        var newest = Writes.Count - 1;
        while (newest >= 0 && Writes[newest].State != CachedState.Certain && !isThere(Writes[newest], this))
            newest--;
        var open = ByteSpans.Of(start, end);
        for (var i = newest; i >= 0 && !open.IsEmpty; i--)
        {
            var write = Writes[i];
            if (i < newest && write.IsOptional && !isThere(write, this) || !open.Meets(write.Start, write.End))
                continue;
            Shown.Add(new(write, garbage is not null && write.Io.Kind == DiskIoKind.Discard && garbage.Next(2) == 0));
            if (write.Covers(this))
                break;
            open = open.Without(write.Start, write.End);
        }
    }

    public void Show(ReadOnlySpan<Layer> version)
    {
        Shown.Clear();
        Shown.AddRange(version);
    }

    /// <summary>Shows the oldest version.</summary>
    public void ShowOldest() => Show(static (_, _) => false, null);

    private void Collect(List<Layer> visible, int index, ByteSpans open, bool isNewest, int limit, bool undefinedDiscards)
    {
        for (; index >= 0 && !open.IsEmpty && !_isCut; index--)
        {
            var write = Writes[index];
            if (!open.Meets(write.Start, write.End))
                continue;
            if (write.IsOptional && !isNewest)
                Collect([.. visible], index - 1, open, false, limit, undefinedDiscards);
            isNewest = false;
            open = write.Covers(this) ? default : open.Without(write.Start, write.End);
            if (undefinedDiscards && write.Io.Kind == DiskIoKind.Discard)
                Collect([.. visible, new(write, true)], index - 1, open, false, limit, undefinedDiscards);
            visible.Add(new(write, false));
        }
        if (_versions!.Count == limit)
            _isCut = true;
        if (!_isCut)
            _versions.Add([.. visible]);
    }
}
