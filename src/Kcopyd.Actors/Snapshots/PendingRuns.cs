using System.Diagnostics.CodeAnalysis;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The runs of a snapshot from their start until they are committed, in the order of their start. Used by the origin's actor only.</summary>
/// <remarks>Invariant: records are committed in the order in which their exceptions were started.</remarks>
internal sealed class PendingRuns(SnapshotCore snapshot)
{
    private readonly Dictionary<long, PendingRun> _byChunk = [];
    private readonly Queue<PendingRun> _started = new();
    private readonly List<PendingRun> _committing = [];     // their last record is in the current commit
    private PendingRun? _last;
    private int _notCopied;

    /// <summary>True if a change of the origin waits for a run.</summary>
    public bool AreNeededByOrigin => _committing.Exists(static run => run.IsNeededByOrigin) || _started.Any(static run => run.IsNeededByOrigin);

    public bool TryFind(long chunk, [NotNullWhen(true)] out PendingRun? run) => _byChunk.TryGetValue(chunk, out run);

    /// <summary>Starts the exception of a chunk: in the last run of the list if it is contiguous, otherwise in a new run.</summary>
    public PendingRun Start(long old, long @new, ref List<PendingRun>? runs)
    {
        // Only the most recently started run grows.
        if (runs is { Count: > 0 } && runs[^1] == _last && runs[^1].TryExtend(old, @new))
        {
            _byChunk.Add(old, runs[^1]);
            return runs[^1];
        }
        var run = _last = new PendingRun(snapshot, old, @new);
        (runs ??= []).Add(run);
        _byChunk.Add(old, run);
        _started.Enqueue(run);
        _notCopied++;
        return run;
    }

    public void Copied(PendingRun run)
    {
        run.IsCopied = true;
        _notCopied--;
    }

    /// <summary>
    /// True if no started run is still being copied, or the copied ones fill an area: runs that arrive together are committed together. A caller that waits for
    /// a commit starts no runs in the meantime, so that the commit is not delayed for long.
    /// </summary>
    /// <param name="room">Records that fit into the commit.</param>
    public bool MayCommit(int room) => _started.TryPeek(out var oldest) && oldest.IsCopied && (_notCopied == 0 || Fill(room));

    /// <summary>Appends the records of copied runs to the store's commit, as many as fit.</summary>
    public void Record(ExceptionStore store)
    {
        while (store.Room > 0 && _started.TryPeek(out var run) && run.IsCopied)
        {
            for (; store.Room > 0 && run.Recorded < run.Count; run.Recorded++)
                store.Append(new ExceptionRecord(run.Old + run.Recorded, run.New + run.Recorded));
            if (run.Recorded < run.Count)
                break;
            _started.Dequeue();
            _committing.Add(run);
        }
    }

    /// <summary>Completes the runs whose records are all on the medium, after a commit.</summary>
    public void Complete(RequestParts parts)
    {
        if (_started.TryPeek(out var partial))
            partial.Committed = partial.Recorded;
        for (var i = 0; i < _committing.Count; i++)     // by index: resumed work may start runs, but does not commit them here
        {
            var run = _committing[i];
            AddToTable(run, run.Count);
            for (var chunk = 0; chunk < run.Count; chunk++)
                _byChunk.Remove(run.Old + chunk);
            run.Complete(parts);
        }
        _committing.Clear();
    }

    /// <summary>Removes all runs, to be aborted. The snapshot shows what it did before, and perhaps part of what was to be written.</summary>
    public PendingRun[] TakeAborted()
    {
        PendingRun[] aborted = [.. _committing, .. _started];
        _committing.Clear();
        _started.Clear();
        _byChunk.Clear();
        (_last, _notCopied) = (null, 0);
        return aborted;
    }

    /// <summary>Keeps the exceptions of an aborted run that are on the medium: it may span two commits, of which the first one succeeded.</summary>
    public void KeepCommitted(PendingRun aborted) => AddToTable(aborted, aborted.Committed);

    private bool Fill(int room)
    {
        long ready = 0;
        foreach (var run in _started)
        {
            if (!run.IsCopied)
                return false;
            ready += run.Count - run.Recorded;
            if (ready >= room)
                return true;
        }
        return false;
    }

    private void AddToTable(PendingRun run, int count)
    {
        for (var i = 0; i < count; i++)
            snapshot.Table.TryAdd(run.Old + i, run.New + i);
    }
}
