using Kcopyd.Actors.TestKit.Intercepts;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>
/// Runs the thread pool in lock-step with the simulation. The pool of a process that was started for simulations has one thread. An item that waits occupies
/// this thread while the simulation runs a step. Between two steps, the item ends, everything that the step has queued runs in order, and the next item that
/// waits takes its place. So the pool's thread and the simulation's never run at the same time, by public means only.
/// </summary>
internal sealed class PoolGate : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ISimulatedEnvironment _environment;
    private IDisposable? _entered;      // of the pool's thread
    private Guard _guard = new();

    public PoolGate(ISimulatedEnvironment environment)
    {
        _environment = environment;
        ThreadPool.UnsafeQueueUserWorkItem(static gate => gate._entered = Interception.Enter(gate._environment), this, preferLocal: false);
        Close();
    }

    /// <summary>True in a process whose thread pool has one thread (System.Threading.ThreadPool.MaxThreads = 1).</summary>
    public static bool IsPossible
    {
        get
        {
            ThreadPool.GetMaxThreads(out var threads, out _);
            return threads == 1;
        }
    }

    /// <summary>True while items of the pool run and the simulation waits for them.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Runs what the pool has queued, until it has nothing left.</summary>
    public void Drain()
    {
        while (ThreadPool.PendingWorkItemCount > 0)
        {
            IsOpen = true;
            var old = _guard;
            _guard = new Guard();
            ThreadPool.UnsafeQueueUserWorkItem(_guard, preferLocal: false);
            old.End();
            WaitForGuard();
            IsOpen = false;
        }
    }

    public void Dispose()
    {
        IsOpen = true;
        ThreadPool.UnsafeQueueUserWorkItem(static gate => gate._entered?.Dispose(), this, preferLocal: false);
        _guard.End();
    }

    private void Close()
    {
        ThreadPool.UnsafeQueueUserWorkItem(_guard, preferLocal: false);
        WaitForGuard();
    }

    private void WaitForGuard()
    {
        if (!_guard.WaitUntilReached(Patience))
            throw new InvalidOperationException($"An item of the thread pool has not ended for {Patience.TotalSeconds} s: it waits for something that only the "
                + "simulation can do. Await it instead of blocking the thread.");
    }

#pragma warning disable CA1001 // events without a wait handle hold nothing
    private sealed class Guard : IThreadPoolWorkItem
#pragma warning restore CA1001
    {
        private readonly ManualResetEventSlim _reached = new();
        private readonly ManualResetEventSlim _ended = new();

        public void Execute()
        {
            _reached.Set();
            _ended.Wait();
        }

        public bool WaitUntilReached(TimeSpan patience)
        {
            // The simulation's context would let the world continue while this thread waits.
            var context = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(null);
            try
            {
                return _reached.Wait(patience);
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(context);
            }
        }

        public void End() => _ended.Set();
    }
}
