namespace Kcopyd.Actors.Faults;

/// <summary>The flushes of a volatile cache: one at a time, in order. The caller of each continues before the next one begins. Thread-safe.</summary>
/// <param name="medium">The device that is written.</param>
/// <param name="cache">What is written; guarded by the switch.</param>
/// <param name="power">Ends the flushes that are in flight or wait when it is cut.</param>
/// <param name="fates">Determine what a flush that fails loses; null for everything.</param>
internal sealed class CacheFlushes(IBlockDevice medium, WriteCache cache, PowerSwitch power, SeededFates? fates)
{
    private readonly UndoLog _undo = new(medium, medium.LogicalBlockSize);
    private readonly Queue<(int Generation, TaskCompletionSource<IoResult> Done)> _waiting = new();

    public ValueTask<IoResult> FlushAsync()
    {
        var done = new TaskCompletionSource<IoResult>();
        bool isFirst;
        lock (power.Gate)
        {
            if (power.Refusal() is { } refusal)
                return new(refusal);
            isFirst = _waiting.Count == 0;
            _waiting.Enqueue((power.Generation, done));
        }
        if (isFirst)
            _ = RunAsync();     // ends without an exception: each goes to the caller of its flush
        return new(done.Task);
    }

    /// <summary>Undoes what flushes wrote that did not succeed. Only while the power is off.</summary>
    /// <exception cref="BlockDeviceException">The medium failed a write.</exception>
    public ValueTask UndoAsync() => _undo.RestoreAsync();

    /// <summary>Forgets what there was to undo. Only while the power is off.</summary>
    public void Forget() => _undo.Clear();

    private async Task RunAsync()
    {
        for (var isMore = true; isMore;)
        {
            (int Generation, TaskCompletionSource<IoResult> Done) flush;
            lock (power.Gate)
                flush = _waiting.Peek();
            var (result, thrown) = await RunAsync(flush.Generation).ConfigureAwait(false);
            lock (power.Gate)
            {
                _waiting.Dequeue();
                isMore = _waiting.Count > 0;
            }
            if (thrown is null)
                Inline.SetResult(flush.Done, result);
            else
                Inline.SetException(flush.Done, thrown);
        }
    }

    private async ValueTask<(IoResult Result, Exception? Thrown)> RunAsync(int generation)
    {
        CachedWrite[] covered;
        lock (power.Gate)
        {
            if (generation != power.Generation)
                return (PowerSwitch.Off, null);
            covered = cache.Pending();
            power.Enter();
        }
        var result = IoResult.Failure(IoError.Io);
        Exception? thrown = null;
        try
        {
            result = await WriteBackAsync(covered, generation).ConfigureAwait(false);
        }
        catch (BlockDeviceException failed)
        {
            result = IoResult.Failure(failed.Error);
        }
        catch (Exception e)
        {
            thrown = e;
        }
        lock (power.Gate)
        {
            if (generation != power.Generation)
                result = PowerSwitch.Off;       // the cut decides what becomes of the writes
            else if (result.IsSuccess)
                Settle(covered);
            else
                Array.ForEach(covered, write => write.Lose(fates, tearsBlocks: false));
        }
        power.Leave();
        return (result, thrown);
    }

    private async ValueTask<IoResult> WriteBackAsync(CachedWrite[] covered, int generation)
    {
        await _undo.RestoreAsync().ConfigureAwait(false);       // what the last flush lost never was on the medium
        foreach (var write in covered)
        {
            foreach (var (offset, data) in write.Runs(BlockState.Pending))
            {
                if (power.IsCut(generation))
                    return PowerSwitch.Off;
                await _undo.RememberAsync(offset, offset + data.Length).ConfigureAwait(false);
                if (power.IsCut(generation))
                    return PowerSwitch.Off;
                await medium.WriteExactlyAsync(offset, data).ConfigureAwait(false);
            }
        }
        return power.IsCut(generation) ? PowerSwitch.Off : await medium.FlushAsync().ConfigureAwait(false);
    }

    private void Settle(CachedWrite[] covered)
    {
        cache.Flushed(covered);
        _undo.Clear();
    }
}
