using System.Collections.Concurrent;
using System.Globalization;
using Akka.Dispatch;
using Akka.Event;

namespace Kcopyd.Actors.Threads;

/// <summary>
/// The engine's own threads: as many as there are processors run at once, and one that blocks on a device is replaced while it does. So a
/// disk that hangs holds up neither the application's thread pool, nor the client, nor other disks.
/// </summary>
/// <remarks>
/// <para>What a thread schedules (a reader its writers, a writer the client) it runs itself if it can, newest first: the piece that was
/// just read is written from the same core's cache. Measured on two cores, 64 KiB jobs on tmpfs: 0.9 of a plain loop, where a pool
/// with one shared queue (Akka's ForkJoinDispatcher) ran at 0.7 of it.</para>
/// <para>Scheduling from outside allocates nothing: threads are made by the pool itself, never by who schedules.</para>
/// <para>No wake-up is lost: who schedules first enqueues and then looks how many run; who parks first says that it no longer runs and
/// then looks at the queues.</para>
/// </remarks>
internal sealed partial class EngineThreads : ExecutorService
{

    private readonly object _lock = new();      // not a Lock, which allocates an event for the first thread that has to wait
    private readonly ConcurrentQueue<IRunnable> _shared = new();
    private readonly List<EngineThread> _parked = [];
    private readonly EventStream _events;
    private readonly string _id;
    private readonly int _target;
    private readonly int _most;
    private readonly TimeSpan? _patience;
    private volatile EngineThread[] _threads = [];
    private volatile EngineThread?[] _byId = [];    // by managed thread number
    private int _running;
    private volatile bool _isShutDown;
    private int _made;

    /// <param name="id">The dispatcher.</param>
    /// <param name="target">Threads that run at once.</param>
    /// <param name="most">Threads at most; one more than <paramref name="target"/> if that is more.</param>
    /// <param name="events">Where it tells of what went wrong.</param>
    /// <param name="usesRings">True if transfers that would wait go through io_uring, where the kernel allows it.</param>
    /// <param name="patience">How long a thread that is not needed waits for work, and one that ends for its transfers; null is 10 s and 5 s.</param>
    public EngineThreads(string id, int target, int most, EventStream events, bool usesRings = true, TimeSpan? patience = null) : base(id)
    {
        _patience = patience;
        _hasLanes = usesRings;
        _id = id;
        _target = target;
        _most = Math.Max(most, target + 1);
        _mostCalls = _most - target;
        _events = events;
        lock (_lock)
        {
            for (var i = 0; i < target; i++)
                AddThread();
        }
        new Thread(Watch) { IsBackground = true, Name = $"{id}-watch" }.Start();
    }

    /// <summary>For specs: threads that run, as they are counted and as they say.</summary>
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
        // By its number, not by a thread static: the first look at one of those allocates, and this may be a thread that fires a token.
        var own = _byId;
        var id = Environment.CurrentManagedThreadId;
        if (id < own.Length && own[id] is { } thread)
        {
            // One alone it runs itself, when it has done what it is at: to wake another thread for that costs more than it brings.
            if (thread.Own.Push(run) == 1)
                return;
        }
        else
        {
            _shared.Enqueue(run);
        }
        Announce();
    }

    /// <summary>Like <see cref="Execute"/>, behind everything that came from outside.</summary>
    public void ExecuteInTurn(IRunnable run, EngineThread caller)
    {
        var isAlone = caller.Own.IsEmpty && _shared.IsEmpty;
        _shared.Enqueue(run);
        if (!isAlone)       // otherwise the caller takes it itself, next
            Announce();
    }

    private void Announce()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _running) < _target)
            WakeOne(mayAdd: false);
        if (_isShutDown)
            ThreadPool.UnsafeQueueUserWorkItem(static pool => pool.Drain(), this, preferLocal: false);  // the threads may be gone already
    }

    public override void Shutdown()
    {
        _isShutDown = true;
        lock (_lock)
        {
            foreach (var thread in _threads)
                thread.Wake();
        }
        Rouse();
    }

    /// <summary>A thread has begun, on itself.</summary>
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

    /// <summary>A thread found nothing to do. Returns when there may be something again: another thread says so, or one of its transfers
    /// is complete.</summary>
    /// <returns>False if it is to end.</returns>
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
            WakeOne(mayAdd: false);     // this thread, or another one
        while (!_isShutDown && (!IsCallDue || thread.HasTransfers) && !thread.Sleep(_patience ?? TimeSpan.FromSeconds(10)))
        {
            if (TryRetire(thread, evenIfNeeded: false))
                return false;
        }
        // Whatever ended its sleep, and be it two things at once: it counts as running once, by its state.
        lock (_lock)
        {
            if (thread.State == EngineThreadState.Parked)
                SetRunning(thread);
        }
        Rouse();        // a transfer's answer woke it, and nobody else knows that it runs
        return !_isShutDown || !TryRetire(thread, evenIfNeeded: true);
    }

    /// <summary>A thread blocks, or is about to: somebody else takes over what waits.</summary>
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

    /// <summary>A thread that blocked has finished its runnable.</summary>
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
            else if (mayAdd && _threads.Length < _most)
            {
                AddThread();
            }
        }
        Rouse();
    }

    // Under the lock.
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
            Report(exception);      // a limit of the system: what there is goes on, and the watch asks again
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
            SetById(Environment.CurrentManagedThreadId, null);      // it ends; another thread may get its number
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
