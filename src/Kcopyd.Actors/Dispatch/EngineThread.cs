using Akka.Dispatch;

namespace Kcopyd.Actors.Dispatch;

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

    /// <summary>For the watch, at each look: true if the same runnable runs as at the last look.</summary>
    public bool IsStillInTheSameRunnable()
    {
        var progress = Volatile.Read(ref _progress);
        var same = (progress & 1) == 1 && progress == _seen;
        _seen = progress;
        return same;
    }

    public void Wake()
    {
        lock (Own)
        {
            _isWoken = true;
            Monitor.Pulse(Own);
        }
    }

    /// <summary>Sleeps until <see cref="Wake"/>.</summary>
    /// <returns>False if nobody woke it for so long.</returns>
    public bool Sleep(TimeSpan patience)
    {
        lock (Own)
        {
            if (!_isWoken)
                Monitor.Wait(Own, patience);
            var woken = _isWoken;
            _isWoken = false;
            return woken;
        }
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
    }

    private IRunnable? Next()
    {
        // The newest first; but now and then the oldest, and what came from outside, so that nothing waits for ever. It does not spin
        // before it parks: a thread that spins steals what its owner was about to run with a warm cache (measured: a tenth slower).
        var runnable = (++_turn & 15) == 0
            ? _pool.TakeShared() ?? Own.TakeOldest()
            : Own.TakeNewest() ?? _pool.TakeShared();
        return runnable ?? _pool.Steal(this);
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
