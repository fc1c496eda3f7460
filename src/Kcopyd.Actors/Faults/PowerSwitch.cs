namespace Kcopyd.Actors.Faults;

/// <summary>
/// Whether a disk has power, and which I/O is in flight. Each power cut begins a new generation: I/O of an older one has no effect any more. Thread-safe; the
/// members that say so are called with <see cref="Gate"/> held, so that what they return still holds while the caller acts on it.
/// </summary>
internal sealed class PowerSwitch
{
    private TaskCompletionSource? _cut;         // the power is off
    private TaskCompletionSource? _idle;        // the cut waits for the I/O in flight
    private int _inFlight;
    private bool _isClosed;

    public static IoResult Off { get; } = IoResult.Failure(IoError.NoDevice);

    /// <summary>Also guards the cache. Never held while the medium is called or a caller continues.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The number of cuts so far. Read it with the gate held.</summary>
    public int Generation { get; private set; }

    /// <summary>What I/O that is issued now fails with; null if the power is on. With the gate held.</summary>
    public IoResult? Refusal() => _isClosed ? IoResult.Failure(IoError.Closed) : _cut is null ? null : Off;

    /// <summary>Begins to use the medium; a cut waits for <see cref="Leave"/>. With the gate held, and only in the current generation.</summary>
    public void Enter() => _inFlight++;

    public void Leave()
    {
        TaskCompletionSource? idle = null;
        lock (Gate)
        {
            if (--_inFlight == 0)
                (idle, _idle) = (_idle, null);
        }
        if (idle is not null)
            Inline.SetResult(idle);
    }

    public bool IsCut(int generation)
    {
        lock (Gate)
            return generation != Generation;
    }

    /// <summary>Cuts the power, after any earlier cut has ended. Then no I/O is in flight, and none is admitted until <see cref="Restore"/>.</summary>
    public async ValueTask CutAsync()
    {
        var cut = new TaskCompletionSource();
        while (TryCut(cut) is { } earlier)
            await earlier.ConfigureAwait(false);
        if (BecomeIdle() is { } idle)
            await idle.ConfigureAwait(false);
    }

    /// <summary>Restores the power, unless it was the last cut.</summary>
    public void Restore(bool isLast)
    {
        TaskCompletionSource cut;
        lock (Gate)
        {
            cut = _cut!;
            _cut = null;
            _isClosed |= isLast;
        }
        Inline.SetResult(cut);
    }

    private Task? TryCut(TaskCompletionSource cut)
    {
        lock (Gate)
        {
            if (_cut is not null)
                return _cut.Task;
            _cut = cut;
            Generation++;
            return null;
        }
    }

    private Task? BecomeIdle()
    {
        lock (Gate)
            return _inFlight == 0 ? null : (_idle = new TaskCompletionSource()).Task;
    }
}
