namespace Kcopyd.Actors.Mirrors;

/// <summary>Makes regions clean that have been idle for a while, all at once and after a flush of the legs, so that a region in steady use costs no record of
/// the log; and ends the rebuilding of legs. Used by the mirror's actor only.</summary>
/// <param name="legs">The legs.</param>
/// <param name="regions">The regions.</param>
/// <param name="writes">Flushes the legs.</param>
/// <param name="log">Records the clean regions.</param>
/// <param name="news">Reports the end of a rebuild.</param>
/// <param name="schedule">Has <see cref="Look"/> called after the delay.</param>
internal sealed class MirrorCleaner(MirrorLegs legs, MirrorRegions regions, MirrorWrites writes, MirrorLogWriter log, MirrorNews news, Action schedule)
{
    private readonly List<long> _idle = [];
    private bool _isScheduled;
    private bool _isBusy;

    public bool IsIdle => !_isBusy;

    // While a leg has failed, the log keeps which regions it lacks.
    private bool CanClean => !legs.HasFailed && regions.Marked.Count > regions.InSync.Size - regions.InSync.Count;

    private bool CanEndRebuild => legs.HasRebuilding && regions.InSync.IsFull;

    /// <summary>Schedules a look if there is something to do.</summary>
    public void Continue()
    {
        if (_isScheduled || _isBusy || (!CanClean && !CanEndRebuild))
            return;
        _isScheduled = true;
        schedule();
    }

    /// <summary>Finds the regions that have not been written since the last look.</summary>
    public void Look()
    {
        _isScheduled = false;
        if (_isBusy)
            return;
        for (var write = writes.InFlight.First; write is not null; write = write.After)
            regions.Touch(write.Start, write.End);
        FindIdle();
        regions.Touched.Clear();
        if (_idle.Count > 0 || CanEndRebuild)
            Begin();
    }

    /// <summary>Makes every region clean that is in sync, because the mirror is being closed.</summary>
    public void CleanAll(Action<IoError> ended)
    {
        regions.Touched.Clear();
        FindIdle();
        writes.Flush(error => Flushed(error, ended));
    }

    private void Begin()
    {
        _isBusy = true;
        writes.Flush(error => Flushed(error, _ => _isBusy = false));
    }

    private void FindIdle()
    {
        _idle.Clear();
        for (var region = regions.Marked.Next(0); region >= 0; region = regions.Marked.Next(region + 1))
        {
            if (regions.InSync.Contains(region) && !regions.Touched.Contains(region))
                _idle.Add(region);
        }
    }

    private void Flushed(IoError error, Action<IoError> ended)
    {
        if (error != IoError.None)
        {
            ended(error);
            return;
        }
        if (CanEndRebuild)
        {
            legs.Rebuilt();
            news.InSync();
        }
        if (!legs.HasFailed)
            _idle.ForEach(regions.CleanIfIdle);
        log.Record(legs.AreUnrecorded, ended);
    }
}
