namespace Kcopyd.Actors.Threads;

/// <content>The watch: finds threads that block unannounced, has them replaced, and serves their transfers.</content>
internal sealed partial class EngineThreads
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(5);

    private readonly object _watch = new();
    private bool _isWatching;

    /// <summary>For tests: false while nothing runs.</summary>
    public bool IsWatching => Volatile.Read(ref _isWatching);

    private void WakeWatch()
    {
        if (Volatile.Read(ref _isWatching))
            return;
        lock (_watch)
        {
            _isWatching = true;
            Monitor.Pulse(_watch);
        }
    }

    // Runs while any thread runs: a thread that is in the same runnable as at the last check blocks.
    private void Watch()
    {
        while (!_isShutDown)
        {
            Thread.Sleep(CheckInterval);
            var isBusy = false;
            foreach (var thread in _threads)
            {
                if (thread.IsStillInTheSameRunnable())
                {
                    Blocks(thread);
                    thread.ServeLane();
                }
                isBusy |= thread.State != EngineThreadState.Parked;
            }
            if (HasWork())
            {
                WakeOne(mayAdd: true);
                isBusy = true;
            }
            if (!isBusy)
                WatchNothing();
        }
    }

    private void WatchNothing()
    {
        lock (_watch)
        {
            _isWatching = false;
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _running) > 0 || HasWork() || _isShutDown)
                _isWatching = true;
            while (!_isWatching)
                Monitor.Wait(_watch);
        }
    }
}
