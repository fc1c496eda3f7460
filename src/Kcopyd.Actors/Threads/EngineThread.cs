using Akka.Dispatch;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Threads;

/// <summary>One thread of <see cref="EngineThreads"/>.</summary>
internal sealed class EngineThread
{
    [ThreadStatic]
    private static EngineThread? _current;

    private readonly EngineThreads _pool;
    private int _progress;      // odd while a runnable runs
    private int _seen;          // the progress at the watch's last check
    private int _turn;
    private bool _isWoken;
    private bool _sleepsInLane;
    private bool _isCounted;    // among the calls that may block
    private TransferLane? _lane;      // created for the first transfer that would wait

    public EngineThread(EngineThreads pool, string name)
    {
        _pool = pool;
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    public RunnableDeque Own { get; } = new();

    /// <summary>Written under the pool's lock.</summary>
    public EngineThreadState State { get; set; }

    /// <summary>
    /// Announces that the caller is about to block on a slow device: if it is an engine thread, another one takes over its waiting work now, not when the watch
    /// detects the block.
    /// </summary>
    public static void MayBlock()
    {
        if (_current is { } thread)
            thread._pool.Blocks(thread);
    }

    /// <summary>The lane for those transfers of the calling thread that would wait; null if they are to block: it is not an engine thread, or the kernel does
    /// not allow io_uring.</summary>
    public static TransferLane? Lane => _current?.OpenLane();

    /// <summary>
    /// Makes a call that may block for long: on this thread, or, if this thread has transfers in flight or too many calls block already, on another engine
    /// thread or later.
    /// </summary>
    public static ValueTask<T> Block<T>(Func<T> call)
    {
        if (_current is { } thread && (thread.HasTransfers || !thread.TryCount()))
            return new(thread._pool.CallElsewhere(call));
        MayBlock();
        return new(call());
    }

    /// <summary>Counts the current runnable of the calling thread among the calls that may block, until it ends.</summary>
    /// <param name="call">The runnable.</param>
    /// <returns>False if there are too many of them: the runnable must return without doing anything, and runs again when its turn comes.</returns>
    public static bool TryBeginCall(IRunnable call)
    {
        if (_current is not { } thread || thread.TryCount())
            return true;
        thread._pool.Add(call);
        return false;
    }

    /// <summary>
    /// Schedules a runnable behind the work that waits from outside: a runnable that schedules itself repeatedly would otherwise always be the newest. Runs it
    /// immediately if the caller is not an engine thread.
    /// </summary>
    public static void Yield(IRunnable run)
    {
        if (_current is { } thread)
            thread._pool.ExecuteInTurn(run, thread);
        else
            run.Run();
    }

    /// <summary>Schedules a runnable on the pool of the calling thread without an allocation; a dispatcher would wrap it.</summary>
    /// <returns>False if the caller is not an engine thread.</returns>
    public static bool TrySchedule(IRunnable run)
    {
        if (_current is not { } thread)
            return false;
        thread._pool.Execute(run);
        return true;
    }

    /// <summary>Runs a runnable after the present work of the calling thread, without waking another thread for it. Runs it immediately if the caller is not an
    /// engine thread.</summary>
    public static void RunLast(IRunnable run)
    {
        if (_current is { } thread)
            thread.Own.PushLast(run);
        else
            run.Run();
    }

    /// <summary>True while the kernel needs this thread to complete transfers. Any thread may read it.</summary>
    public bool HasTransfers => _lane is { HasTransfers: true };

    /// <summary>For the watch, at each check: true if the same runnable runs as at the last check.</summary>
    public bool IsStillInTheSameRunnable()
    {
        var progress = Volatile.Read(ref _progress);
        var same = (progress & 1) == 1 && progress == _seen;
        _seen = progress;
        return same;
    }

    /// <summary>For the watch: serves the transfers of a thread that hangs.</summary>
    public void ServeLane()
    {
        if (_lane is not { HasTransfers: true } lane)
            return;
        lane.Serve(_pool.Execute);
        // If the thread has gone to sleep since, the answers taken here may have been its wake-up.
        lock (Own)
        {
            if (_sleepsInLane && _isWoken)
                lane.Wake();
        }
    }

    public void Wake()
    {
        lock (Own)
        {
            _isWoken = true;
            if (_sleepsInLane)
                _lane!.Wake();
            else
                Monitor.Pulse(Own);
        }
    }

    /// <summary>Sleeps until <see cref="Wake"/>, or until one of its transfers completes.</summary>
    /// <returns>False if neither happened within <paramref name="patience"/>.</returns>
    public bool Sleep(TimeSpan patience)
    {
        lock (Own)
        {
            if (!_isWoken && !HasTransfers)
                Monitor.Wait(Own, patience);
            var woken = _isWoken;
            _isWoken = false;
            if (woken || !HasTransfers)
                return woken;
            _sleepsInLane = true;
        }
        _lane!.Sleep();
        lock (Own)
        {
            _sleepsInLane = _isWoken = false;
        }
        return true;
    }

    private void Run()
    {
        _current = this;
        _pool.Enter(this);
        do
        {
            while (Next() is { } runnable)
            {
                Volatile.Write(ref _progress, _progress + 1);
                try
                {
                    runnable.Run();
                }
                catch (Exception exception)
                {
                    _pool.Report(exception);
                }
                Volatile.Write(ref _progress, _progress + 1);
                if (State == EngineThreadState.Blocked)
                    _pool.IsBack(this);
            }
        }
        while (_pool.Park(this));
        _lane?.Dispose();
        (_current, _lane) = (null, null);       // transfers on this thread block from now on
        // While it had transfers, this thread left its calls to other threads, which may have ended since.
        while (TakeCall() is { } call)
            call.Run();
    }

    private bool TryCount() => _isCounted || (_isCounted = _pool.TryCountCall());

    // If the last runnable was such a call, its place goes to the call that has waited longest.
    private IRunnable? TakeCall()
    {
        if (!HasTransfers && _pool.TakeCall(ref _isCounted) is { } call)
            return call;
        if (_isCounted)
        {
            _isCounted = false;
            _pool.UncountCall();
        }
        return null;
    }

    private TransferLane? OpenLane() => _lane ??= _pool.TryCreateLane();

    private IRunnable? Next()
    {
        if (_lane is { HasAnswers: true } lane)
        {
            Volatile.Write(ref _progress, _progress + 1);       // a continuation may hang, too
            lane.Reap();
            Volatile.Write(ref _progress, _progress + 1);
        }
        // Waiting calls come first, because their callers cannot make them: a thread that was woken or created for one might otherwise find other work, get
        // transfers of its own, and leave the call without a thread.
        if (TakeCall() is { } call)
            return call;
        // The newest first, but now and then the oldest and work from outside, so that nothing waits forever. The thread does not spin before it parks: a
        // spinning thread steals what its owner was about to run with a warm cache (measured: a tenth slower).
        var isTurnOfOthers = (++_turn & 15) == 0;
        var runnable = isTurnOfOthers ? _pool.TakeShared() ?? Own.TakeOldest() : Own.TakeNewest();
        if (runnable is null)
        {
            runnable = _pool.TakeShared() ?? _pool.Steal(this);
            isTurnOfOthers = true;
        }
        // While the thread has work of its own, more transfers may join the queued ones; without any work, sleeping submits them.
        if (runnable is not null && isTurnOfOthers && _lane is { HasQueued: true })
            _lane.Submit();
        return runnable;
    }
}

internal enum EngineThreadState
{
    /// <summary>Runs, or looks for work.</summary>
    Running,
    /// <summary>Runs a runnable that blocks.</summary>
    Blocked,
    /// <summary>Waits to be woken.</summary>
    Parked,
}
