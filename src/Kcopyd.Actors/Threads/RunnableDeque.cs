using Akka.Dispatch;

namespace Kcopyd.Actors.Threads;

/// <summary>
/// A thread's own runnables. Its owner takes the newest, whose data is warm in its core's cache; a thread that steals takes the oldest. Nearly always, only the
/// owner takes the lock.
/// </summary>
internal sealed class RunnableDeque
{
    private readonly Lock _lock = new();
    private IRunnable?[] _items = new IRunnable?[256];      // a ring; a power of two
    private int _oldest;
    private int _count;
    private int _last;      // how many of them come last

    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <returns>The number of runnables now, without those that come last.</returns>
    public int Push(IRunnable runnable)
    {
        lock (_lock)
        {
            if (_count == _items.Length)
                Grow();
            _items[(_oldest + _count++) & (_items.Length - 1)] = runnable;
            return _count - _last;
        }
    }

    /// <summary>Adds a runnable that comes last for the owner, and first for a thread that steals.</summary>
    public void PushLast(IRunnable runnable)
    {
        lock (_lock)
        {
            if (_count == _items.Length)
                Grow();
            _oldest = (_oldest - 1) & (_items.Length - 1);
            _items[_oldest] = runnable;
            _count++;
            _last++;
        }
    }

    public IRunnable? TakeNewest()
    {
        if (IsEmpty)
            return null;
        lock (_lock)
        {
            if (_count == 0)
                return null;
            _last = Math.Min(_last, --_count);
            return Take((_oldest + _count) & (_items.Length - 1));
        }
    }

    public IRunnable? TakeOldest()
    {
        if (IsEmpty)
            return null;
        lock (_lock)
        {
            if (_count == 0)
                return null;
            _count--;
            _last = Math.Max(0, _last - 1);
            var at = _oldest;
            _oldest = (at + 1) & (_items.Length - 1);
            return Take(at);
        }
    }

    private IRunnable? Take(int at)
    {
        var taken = _items[at];
        _items[at] = null;
        return taken;
    }

    private void Grow()
    {
        var items = new IRunnable?[_items.Length * 2];
        for (var i = 0; i < _count; i++)
            items[i] = _items[(_oldest + i) & (_items.Length - 1)];
        (_items, _oldest) = (items, 0);
    }
}
