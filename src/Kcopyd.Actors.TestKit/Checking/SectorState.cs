namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>The versions of one sector that may still be seen.</summary>
internal sealed class SectorState(SectorVersion initial)
{
    // What reads that are open or yet to come may find. As many as operations overlap, usually one.
    private readonly List<SectorVersion> _visible = [initial];

    // What a power cut may leave: everything that does not certainly precede a durable version.
    private readonly List<SectorVersion> _recoverable = [initial];

    /// <summary>True if a power cut or a failed flush may change what the sector contains.</summary>
    public bool IsDirty => _recoverable.Count > 1 || !_recoverable[0].IsDurable;

    /// <summary>True while the map lists the sector as dirty.</summary>
    public bool IsListed { get; set; }

    public void Begin(SectorVersion version)
    {
        _visible.Add(version);
        _recoverable.Add(version);
    }

    /// <summary>The end of a change.</summary>
    /// <param name="version">What it wrote.</param>
    /// <param name="end">The position of the end.</param>
    /// <param name="happened">False if it failed, and may have taken effect or not.</param>
    /// <param name="durable">True if it is durable by its end.</param>
    /// <param name="oldestRead">The position of the call of the oldest read that is in progress, or of the next event.</param>
    public void End(SectorVersion version, int end, bool happened, bool durable, int oldestRead)
    {
        version.FirstEnd = Math.Min(version.FirstEnd, end);
        if (!happened)
            return;
        if (version.FailedFlush is { } flush && !durable)
        {
            Lose(end, flush);
            return;
        }
        version.Completed = end;
        version.IsCertain = true;
        if (durable)
        {
            version.IsDurable = true;
            Trim(_recoverable, other => other.IsDurable);
        }
        Trim(_visible, other => other.IsCertain && other.FirstEnd < oldestRead);
    }

    /// <summary>Records what a read found; false if it cannot have found that.</summary>
    public bool Read(long stamp, int begin, int end, int oldestRead)
    {
        SectorVersion? found = null;
        var several = false;
        foreach (var version in Visible(begin, end))
        {
            if (!version.Has(stamp))
                continue;
            several = found is not null;
            found ??= version;
            if (several)
                break;
        }
        if (found is null)
            return false;
        // Equal contents: it is unknown which version was found, so nothing is learned. Nor is anything learned from what may still be lost.
        if (several || found.FailedFlush is not null)
            return true;
        found.Found(stamp, begin, end);
        Trim(_visible, other => other.IsCertain && other.FirstEnd < oldestRead);
        return true;
    }

    public IEnumerable<SectorVersion> Visible(int begin, int end) =>
        _visible.Where(version => !_visible.Exists(other => version.Contradicts(other, begin, end)));

    /// <summary>After a violation, accepts what was read as the content, so that one defect is reported once.</summary>
    public void Accept(long stamp, string reason, int position)
    {
        var left = SectorVersion.Left([new(stamp, reason)], position);
        _visible.RemoveAll(version => version.FirstEnd < position);
        _visible.Insert(0, left);
        _recoverable.RemoveAll(version => version.FirstEnd < position);
        _recoverable.Insert(0, left);
    }

    /// <summary>A flush that was called at <paramref name="call"/> has succeeded.</summary>
    public void Flushed(int call)
    {
        foreach (var version in _recoverable)
            version.IsDurable |= version.Completed < call;
        Trim(_recoverable, other => other.IsDurable);
    }

    /// <summary>A flush has failed: what is not durable may be lost, also by changes that are in progress and reach the cache before they end.</summary>
    public void FlushFailed(int position)
    {
        Trim(_recoverable, other => other.IsDurable);
        if (!IsDirty)
            return;
        Lose(position, position);
        foreach (var version in _recoverable)
        {
            if (version.FirstEnd > position)
                version.FailedFlush = position;
        }
    }

    // Every version that has ended may be found from now on, whatever has been found.
    private void Lose(int position, int flush)
    {
        var left = Merge(_recoverable.Union(_visible).Where(version => version.FirstEnd <= position),
            content => $"{content.Reason}; the flush failed at event {flush}", position, settles: false);
        _visible.RemoveAll(version => version.FirstEnd <= position);
        _visible.Insert(0, left);
        _recoverable.RemoveAll(version => version.FirstEnd <= position);
        _recoverable.Insert(0, left);
    }

    public void PowerCut(int position)
    {
        Trim(_recoverable, other => other.IsDurable);
        var left = !IsDirty && _recoverable[0].Settles
            ? SectorVersion.Left(_recoverable[0].Contents, position)
            : Merge(_recoverable, content => $"{content.Reason}; power cut at event {position}", position, settles: true);
        _visible.Clear();
        _visible.Add(left);
        _recoverable.Clear();
        _recoverable.Add(left);
    }

    private static SectorVersion Merge(IEnumerable<SectorVersion> versions, Func<PossibleContent, string> reason, int position, bool settles) =>
        SectorVersion.Left([.. versions.SelectMany(version => version.Contents).DistinctBy(content => content.Stamp)
            .Select(content => content with { Reason = reason(content) })], position, settles);

    // Removes versions that certainly precede one that hides them.
    private static void Trim(List<SectorVersion> versions, Func<SectorVersion, bool> hides)
    {
        if (versions.Count < 2)
            return;
        SectorVersion? latest = null;
        var second = int.MinValue;
        foreach (var version in versions)
        {
            if (!hides(version))
                continue;
            if (latest is null || version.LastBegin > latest.LastBegin)
                (latest, second) = (version, latest?.LastBegin ?? second);
            else
                second = Math.Max(second, version.LastBegin);
        }
        if (latest is { } hiding)
            versions.RemoveAll(version => version.FirstEnd < (version == hiding ? second : hiding.LastBegin));
    }
}
