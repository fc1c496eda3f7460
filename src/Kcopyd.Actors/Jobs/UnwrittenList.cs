namespace Kcopyd.Actors.Jobs;

/// <summary>A sequential job's sub-jobs that are not yet written, in order of their offset. Linked through them: no allocation.</summary>
internal struct UnwrittenList
{
    private SubJob? _newest;

    public SubJob? Oldest { get; private set; }

    public void Append(SubJob subJob)
    {
        if (Oldest is null)
            Oldest = subJob;
        else
            _newest!.NextInOrder = subJob;
        _newest = subJob;
    }

    /// <summary>Takes a sub-job out, usually the oldest; nothing happens if it is not in the list.</summary>
    public void Remove(SubJob subJob)
    {
        SubJob? before = null;
        for (var at = Oldest; at is not null; before = at, at = at.NextInOrder)
        {
            if (at != subJob)
                continue;
            if (before is null)
                Oldest = at.NextInOrder;
            else
                before.NextInOrder = at.NextInOrder;
            if (at == _newest)
                _newest = before;
            return;
        }
    }
}
