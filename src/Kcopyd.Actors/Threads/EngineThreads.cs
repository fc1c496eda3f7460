using System.Collections.Concurrent;
using System.Globalization;
using Akka.Dispatch;
using Akka.Event;

namespace Kcopyd.Actors.Threads;

/// <summary>
/// The engine's own threads. As many as there are processors run at once, and a thread that blocks on a device is replaced while it does, so that a disk that
/// hangs delays neither the application's thread pool, nor the client, nor other disks.
/// </summary>
/// <remarks>
/// <para>A thread runs what it schedules (a reader its writers, a writer the client) itself if it can, newest first: the piece that was just read is written
/// from the same core's cache. Measured on two cores with 64 KiB jobs on tmpfs: 0.9 of the speed of a plain loop, where a pool with one shared queue (Akka's
/// ForkJoinDispatcher) reached 0.7.</para>
/// <para>Scheduling from outside allocates nothing: the pool itself creates threads, never the thread that schedules.</para>
/// <para>No wake-up is lost: a thread that schedules first enqueues and then looks at the number of running threads; a thread that parks first marks itself as
/// not running and then looks at the queues.</para>
/// </remarks>
internal sealed partial class EngineThreads : ExecutorService
{
    private readonly object _lock = new();      // not a Lock, which allocates an event for the first thread that waits
    private readonly ConcurrentQueue<IRunnable> _shared = new();
    private readonly List<EngineThread> _parked = [];
    private readonly EventStream _events;
    private readonly string _id;
    private readonly int _target;
    private readonly int _max;
    private readonly TimeSpan? _patience;
    private volatile EngineThread[] _threads = [];
    private volatile EngineThread?[] _byId = [];    // by managed thread ID
    private int _running;
    private volatile bool _isShutDown;
    private int _made;

    /// <param name="id">The id of the dispatcher.</param>
    /// <param name="target">The number of threads that run at once.</param>
    /// <param name="max">The maximum number of threads; one more than <paramref name="target"/> if that is more.</param>
    /// <param name="events">Receives errors.</param>
    /// <param name="usesRings">True if transfers that would wait go through io_uring, where the kernel allows it.</param>
    /// <param name="patience">How long an unneeded thread waits for work, and an ending one for its transfers; 10 s and 5 s if null.</param>
    public EngineThreads(string id, int target, int max, EventStream events, bool usesRings = true, TimeSpan? patience = null) : base(id)
    {
        _patience = patience;
        _hasLanes = usesRings;
        _id = id;
        _target = target;
        _max = Math.Max(max, target + 1);
        _maxCalls = _max - target;
        _events = events;
        lock (_lock)
        {
            for (var i = 0; i < target; i++)
                AddThread();
        }
        new Thread(Watch) { IsBackground = true, Name = $"{id}-watch" }.Start();
    }

    /// <summary>For tests: the running threads, as counted and by their states, and all threads.</summary>
    public (int Counted, int Are, int All) Running
    {
        get
        {
            lock (_lock)
                return (_running, _threads.Count(static thread => thread.State == EngineThreadState.Running), _threads.Length);
        }
    }

    public override void Execute(IRunnable run)
    {
        if (_isShutDown)
            throw new RejectedExecutionException($"{_id} is shut down.");
        // By the thread's ID, not by a thread static: the first access to a thread static allocates, and this may be a thread that fires a token.
        var own = _byId;
        var id = Environment.CurrentManagedThreadId;
        if (id < own.Length && own[id] is { } thread)
        {
            // The thread runs a single runnable itself, after the current one: waking another thread for it costs more than it gains.
            if (thread.Own.Push(run) == 1)
                return;
        }
        else
        {
            _shared.Enqueue(run);
        }
        Announce();
    }

    /// <summary>Like <see cref="Execute"/>, but behind all work from outside.</summary>
    public void ExecuteInTurn(IRunnable run, EngineThread caller)
    {
        var isAlone = caller.Own.IsEmpty && _shared.IsEmpty;
        _shared.Enqueue(run);
        if (!isAlone)       // otherwise the caller itself takes it next
            Announce();
    }

    private void Announce()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _running) < _target)
            WakeOne(mayAdd: false);
        if (_isShutDown)
            ThreadPool.UnsafeQueueUserWorkItem(static pool => pool.Drain(), this, preferLocal: false);  // the threads may have ended
    }

    public override void Shutdown()
    {
        _isShutDown = true;
        lock (_lock)
        {
            foreach (var thread in _threads)
                thread.Wake();
        }
        WakeWatch();
    }

    /// <summary>Registers a thread. Called on that thread.</summary>
    public void Enter(EngineThread thread) => SetById(Environment.CurrentManagedThreadId, thread);

    public IRunnable? TakeShared() => _shared.TryDequeue(out var runnable) ? runnable : null;

    public IRunnable? Steal(EngineThread thief)
    {
        foreach (var thread in _threads)
        {
            if (thread != thief && thread.Own.TakeOldest() is { } stolen)
                return stolen;
        }
        return null;
    }

    public void Report(Exception exception) => _events.Publish(new Error(exception, _id, typeof(EngineThreads), "A runnable threw."));

    /// <summary>Parks a thread that found no work. Returns when there may be work again: another thread wakes it, or one of its transfers completes.</summary>
    /// <returns>False if the thread must end.</returns>
    public bool Park(EngineThread thread)
    {
        lock (_lock)
        {
            if (thread.State == EngineThreadState.Running)
                _running--;
            thread.State = EngineThreadState.Parked;
            _parked.Add(thread);
        }
        Interlocked.MemoryBarrier();
        if (HasWork())
            WakeOne(mayAdd: false);     // this thread or another one
        while (!_isShutDown && (!IsCallDue || thread.HasTransfers) && !thread.Sleep(_patience ?? TimeSpan.FromSeconds(10)))
        {
            if (TryRetire(thread, evenIfNeeded: false))
                return false;
        }
        // Whatever ended its sleep, even two events at once, it counts as running only once, by its state.
        lock (_lock)
        {
            if (thread.State == EngineThreadState.Parked)
                SetRunning(thread);
        }
        WakeWatch();        // if a transfer's answer woke it, no other thread knows that it runs
        return !_isShutDown || !TryRetire(thread, evenIfNeeded: true);
    }

    /// <summary>Marks a thread as blocked, or about to block: another one takes over the waiting work.</summary>
    public void Blocks(EngineThread thread)
    {
        lock (_lock)
        {
            if (thread.State != EngineThreadState.Running)
                return;
            thread.State = EngineThreadState.Blocked;
            _running--;
        }
        if (HasWork())
            WakeOne(mayAdd: true);
    }

    /// <summary>Marks a blocked thread as running: it has finished its runnable.</summary>
    public void IsBack(EngineThread thread)
    {
        lock (_lock)
        {
            if (thread.State != EngineThreadState.Blocked)
                return;
            thread.State = EngineThreadState.Running;
            _running++;
        }
    }

    private void Drain()
    {
        while (TakeShared() is { } runnable)
            runnable.Run();
    }

    private bool HasWork()
    {
        if (!_shared.IsEmpty)
            return true;
        foreach (var thread in _threads)
        {
            if (!thread.Own.IsEmpty)
                return true;
        }
        return false;
    }

    private void WakeOne(bool mayAdd)
    {
        lock (_lock)
        {
            if (_running >= _target)
                return;
            if (_parked.Count > 0)
            {
                Unpark(_parked[^1]);
            }
            else if (mayAdd && _threads.Length < _max)
            {
                AddThread();
            }
        }
        WakeWatch();
    }

    // Called under the lock.
    private void Unpark(EngineThread thread)
    {
        SetRunning(thread);
        thread.Wake();
    }

    private void SetRunning(EngineThread thread)
    {
        _parked.Remove(thread);
        thread.State = EngineThreadState.Running;
        _running++;
    }

    private void AddThread()
    {
        EngineThread thread;
        try
        {
            thread = new EngineThread(this, string.Create(CultureInfo.InvariantCulture, $"{_id}-{_made++}"));
        }
        catch (Exception exception) when (_threads.Length >= _target)
        {
            Report(exception);      // a limit of the system: the existing threads continue, and the watch tries again
            return;
        }
        _running++;
        _threads = [.. _threads, thread];
    }

    private bool TryRetire(EngineThread thread, bool evenIfNeeded)
    {
        lock (_lock)
        {
            if (!evenIfNeeded && (thread.State != EngineThreadState.Parked || _threads.Length <= _target))
                return false;
            if (thread.State == EngineThreadState.Running)
                _running--;
            _parked.Remove(thread);
            SetById(Environment.CurrentManagedThreadId, null);      // it ends; another thread may get its ID
            _threads = [.. _threads.Where(other => other != thread)];
            return true;
        }
    }

    private void SetById(int id, EngineThread? thread)
    {
        lock (_lock)
        {
            var byId = new EngineThread?[Math.Max(_byId.Length, id + 1)];
            _byId.CopyTo(byId, 0);
            byId[id] = thread;
            _byId = byId;
        }
    }
}
