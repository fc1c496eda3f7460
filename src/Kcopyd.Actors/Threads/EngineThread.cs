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
    private int _seen;          // the watch's
    private int _turn;
    private bool _isWoken;
    private bool _sleepsInLane;
    private bool _isCounted;    // among the calls that may block
    private TransferLane? _lane;      // made by the first transfer that would wait

    public EngineThread(EngineThreads pool, string name)
    {
        _pool = pool;
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    public RunnableDeque Own { get; } = new();

    /// <summary>Under the pool's lock.</summary>
    public EngineThreadState State { get; set; }

    /// <summary>
    /// The caller is about to block on a device that takes its time: if it is a thread of the engine, another one takes over what waits
    /// behind it now, not when it is found out.
    /// </summary>
    public static void MayBlock()
    {
        if (_current is { } thread)
            thread._pool.Blocks(thread);
    }

    /// <summary>Where the calling thread's transfers go that would wait; null if they are to block: it is not a thread of the engine, or
    /// the kernel does not allow io_uring.</summary>
    public static TransferLane? Lane => _current?.OpenLane();

    /// <summary>
    /// Makes a call that may block for long: here, or, if this thread has transfers that need it or too many calls block already, on another thread of the
    /// engine or later.
    /// </summary>
    public static ValueTask<T> Block<T>(Func<T> call)
    {
        if (_current is { } thread && (thread.HasTransfers || !thread.TryCount()))
            return new(thread._pool.CallElsewhere(call));
        MayBlock();
        return new(call());
    }

    /// <summary>Counts the runnable that the calling thread has begun among the calls that may block, until it ends.</summary>
    /// <param name="call">That runnable.</param>
    /// <returns>False if it has to return without having done anything: there are too many of them, and it is run again when its turn comes.</returns>
    public static bool TryBeginCall(IRunnable call)
    {
        if (_current is not { } thread || thread.TryCount())
            return true;
        thread._pool.Add(call);
        return false;
    }

    /// <summary>
    /// Runs something when what waits from outside before it has had its turn: what schedules itself again and again would otherwise be the newest
    /// again and again. At once, where the caller is no thread of the engine.
    /// </summary>
    public static void Yield(IRunnable run)
    {
        if (_current is { } thread)
            thread._pool.ExecuteInTurn(run, thread);
        else
            run.Run();
    }

    /// <summary>Schedules something on the pool of the calling thread, which allocates nothing; a dispatcher would wrap it.</summary>
    /// <returns>False if the caller is no thread of the engine.</returns>
    public static bool TrySchedule(IRunnable run)
    {
        if (_current is not { } thread)
            return false;
        thread._pool.Execute(run);
        return true;
    }

    /// <summary>Runs something when the thread has done what it has to do itself by now, and wakes no other for it. At once, where the caller is no thread of
    /// the engine.</summary>
    public static void RunLast(IRunnable run)
    {
        if (_current is { } thread)
            thread.Own.PushLast(run);
        else
            run.Run();
    }

    /// <summary>True while the kernel needs this thread to complete transfers. Any thread may ask.</summary>
    public bool HasTransfers => _lane is { HasTransfers: true };

    /// <summary>For the watch, at each look: true if the same runnable runs as at the last look.</summary>
    public bool IsStillInTheSameRunnable()
    {
        var progress = Volatile.Read(ref _progress);
        var same = (progress & 1) == 1 && progress == _seen;
        _seen = progress;
        return same;
    }

    /// <summary>For the watch: looks after the transfers of a thread that hangs.</summary>
    public void ServeLane()
    {
        if (_lane is not { HasTransfers: true } lane)
            return;
        lane.Serve(_pool.Execute);
        // Should the thread have gone to sleep meanwhile, the answers that were taken may have been its wake-up.
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
    /// <returns>False if nothing happened for so long.</returns>
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
        (_current, _lane) = (null, null);       // what goes on here from now on blocks
        // Who had transfers to the last left its calls to others, which may have ended before.
        while (TakeCall() is { } call)
            call.Run();
    }

    private bool TryCount() => _isCounted || (_isCounted = _pool.TryCountCall());

    // If the last runnable was such a call, its place goes to the one that has waited longest.
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
            Volatile.Write(ref _progress, _progress + 1);       // what goes on there may hang, too
            lane.Reap();
            Volatile.Write(ref _progress, _progress + 1);
        }
        // First what somebody cannot do himself: another thread was woken or made for it, which might find something else, have
        // transfers of its own then, and leave it to nobody.
        if (TakeCall() is { } call)
            return call;
        // The newest first; but now and then the oldest, and what came from outside, so that nothing waits for ever. It does not spin
        // before it parks: a thread that spins steals what its owner was about to run with a warm cache (measured: a tenth slower).
        var isTurnOfOthers = (++_turn & 15) == 0;
        var runnable = isTurnOfOthers ? _pool.TakeShared() ?? Own.TakeOldest() : Own.TakeNewest();
        if (runnable is null)
        {
            runnable = _pool.TakeShared() ?? _pool.Steal(this);
            isTurnOfOthers = true;
        }
        // While something of its own is left, more transfers may join those that are queued; and if nothing at all is, sleeping submits.
        if (runnable is not null && isTurnOfOthers && _lane is { HasQueued: true })
            _lane.Submit();
        return runnable;
    }
}

internal enum EngineThreadState
{
    /// <summary>Runs, or looks for something to run.</summary>
    Running,
    /// <summary>Runs something that blocks.</summary>
    Blocked,
    /// <summary>Waits to be woken.</summary>
    Parked,
}
