namespace Kcopyd.Actors.Clones;

/// <summary>The background hydration: which regions are copied next, and when. Used by the clone's actor only.</summary>
/// <remarks><code>
///  running ── copy failed (Ended) ──▶ paused, twice as long after each failure in a row ── Resume ──▶ running
/// </code>
/// It ascends from region 0, starts again at the beginning until nothing is left, and follows the reader: after a read from the source it continues at the
/// regions that were read. Regions whose common copy failed are copied one by one, and those that fail alone are tried again in the next cycle, so that one bad
/// sector stops neither its neighbours nor the rest.
/// </remarks>
internal sealed class Hydrator(CloneCore core, RegionChanges changes, CloneNews news, Action<TimeSpan> wakeAfter)
{
    /// <summary>Copies in flight at once, whatever the threshold.</summary>
    public const int MaxCopies = 64;

    private readonly RegionMap _map = core.Map;
    private readonly TimeSpan _minDelay = core.Settings.MinRetryDelay, _maxDelay = core.Settings.MaxRetryDelay;
    private int _copies;
    private long _regions;              // in flight
    private long _next;                 // the region to continue with
    private long _singleFrom, _singleTo;        // regions to copy one by one
    private TimeSpan _delay;            // of the last failure; zero after a success
    private bool _isPaused;

    public bool IsEnabled { get; set; } = !core.Options.NoHydration;

    /// <summary>Maximum number of regions in flight.</summary>
    public int Threshold { get; set; } = core.Options.HydrationThreshold ?? core.Settings.HydrationThreshold;

    /// <summary>Maximum number of regions of one copy.</summary>
    public int BatchSize { get; set; } = core.Options.HydrationBatchSize ?? core.Settings.HydrationBatchSize;

    /// <summary>Receives its copies.</summary>
    public required KcopydClient Copies { get; init; }

    /// <summary>Continues at a region that was read from the source.</summary>
    public void Follow(long region)
    {
        if (core.Settings.FollowReads)
            _next = region;
    }

    /// <summary>Starts as many copies as may run.</summary>
    public void Continue()
    {
        while (IsEnabled && !_isPaused && core.Mode == CloneMode.ReadWrite && _copies < MaxCopies && _regions < Threshold && FindNext() is var (start, end))
        {
            _copies++;
            _regions += end - start;
            _next = end;
            changes.BeginCopy(new RegionChange(core, start, end, ChangeKind.Background), Copies);
        }
    }

    /// <summary>Handles the end of a copy.</summary>
    public void Ended(RegionChange copy)
    {
        _copies--;
        _regions -= copy.Count;
        if (copy.Error == IoError.None)
        {
            _delay = TimeSpan.Zero;
            return;
        }
        if (copy.Count > 1)
        {
            // Of several copies that were in flight together, the union.
            (_singleFrom, _singleTo) = _isPaused
                ? (Math.Min(_singleFrom, copy.Start), Math.Max(_singleTo, copy.End)) : (copy.Start, copy.End);
            _next = _singleFrom;
        }
        Pause(copy);
    }

    /// <summary>Ends the pause.</summary>
    public void Resume() => _isPaused = false;

    private void Pause(RegionChange copy)
    {
        if (_isPaused)
            return;             // other copies were in flight
        _isPaused = true;
        _delay = _delay == TimeSpan.Zero ? _minDelay : _delay < _maxDelay / 2 ? _delay * 2 : _maxDelay;
        var offset = core.Geometry.StartOf(copy.Start);
        wakeAfter(_delay);
        news.HydrationFailed(new CloneHydrationFailed(
            core.Name, offset, core.Geometry.StartOf(copy.End) - offset, copy.Error, copy.FailedOnSource, _delay));
    }

    private (long Start, long End)? FindNext() => FindIn(_next, _map.Regions) ?? FindIn(0, Math.Min(_next, _map.Regions));

    private (long Start, long End)? FindIn(long from, long to)
    {
        for (var start = _map.NextUnhydrated(from); start < to; start = _map.NextUnhydrated(start))
        {
            if (changes.HolderOf(start, start + 1) is not { } holder)
                return (start, EndOf(start));
            start = holder.End;
        }
        return null;
    }

    private long EndOf(long start)
    {
        var most = start >= _singleFrom && start < _singleTo ? 1 : Math.Min(BatchSize, Threshold - _regions);
        var end = start + 1;
        while (end < _map.Regions && end - start < most && !_map.IsHydrated(end) && changes.HolderOf(end, end + 1) is null)
            end++;
        return end;
    }
}
