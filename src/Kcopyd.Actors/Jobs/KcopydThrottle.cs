using Akka.Actor;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors;

/// <summary>
/// Limits one client, or several that share the throttle, by percentage of time and by bytes per second. Any thread may change the limits while jobs run; a
/// change applies from the next sub-job.
/// </summary>
/// <remarks>
/// An unlimited throttle costs a client one volatile read per sub-job. Time comes from the caller's scheduler, so virtual time works. The percentage applies to
/// a window that is halved every second; the rate is a token bucket that can go into debt by one sub-job and saves at most a tenth of a second. Bytes are
/// counted once, as they are read, regardless of the number of destinations.
/// </remarks>
public sealed class KcopydThrottle
{
    private const long Window = TimeSpan.TicksPerSecond;
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly HashSet<IActorRef> _clients = [];
    private volatile bool _limited;
    private int _percent = 100;
    private long _bytesPerSecond;

    private long _last;         // ticks of the last accounting
    private int _inFlight;      // sub-jobs of all clients
    private double _busy;       // ticks of the window with I/O in flight
    private double _total;      // ticks of the window
    private double _credit;     // bytes; negative is debt

    /// <summary>Creates a throttle; unlimited by default.</summary>
    /// <param name="percent">Percentage of time in which I/O may be in flight, 1 to 100.</param>
    /// <param name="bytesPerSecond">Maximum bytes read per second; 0 for no limit.</param>
    public KcopydThrottle(int percent = 100, long bytesPerSecond = 0) => Set(percent, bytesPerSecond);

    /// <summary>Percentage of time in which I/O may be in flight, 1 to 100; 100 for no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 1 and 100.</exception>
    public int Percent
    {
        get => Volatile.Read(ref _percent);
        set => Set(value, BytesPerSecond);
    }

    /// <summary>Maximum bytes read per second; 0 for no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long BytesPerSecond
    {
        get => Volatile.Read(ref _bytesPerSecond);
        set => Set(Percent, value);
    }

    internal bool IsLimited => _limited;

    internal void Join(IActorRef client)
    {
        lock (_lock)
            _clients.Add(client);
    }

    internal void Leave(IActorRef client)
    {
        lock (_lock)
            _clients.Remove(client);
    }

    /// <summary>Requests the start of a sub-job, to be ended by <see cref="Ended"/>. Not called while unlimited.</summary>
    /// <param name="bytes">Size of the sub-job.</param>
    /// <param name="now">Ticks (100 ns) of the caller's scheduler.</param>
    /// <param name="wait">If it may not start: the time to wait before the next attempt.</param>
    internal bool TryStart(long bytes, long now, out TimeSpan wait)
    {
        lock (_lock)
        {
            Account(now);
            wait = _bytesPerSecond > 0 && _credit < 0
                ? TimeSpan.FromSeconds(-_credit / _bytesPerSecond)
                : OverTime();
            if (wait > TimeSpan.Zero)
            {
                wait = wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait;
                return false;
            }
            _credit -= _bytesPerSecond > 0 ? bytes : 0;
            _inFlight++;
            return true;
        }
    }

    internal void Ended(long now)
    {
        lock (_lock)
        {
            Account(now);
            _inFlight--;
        }
    }

    private TimeSpan OverTime()
    {
        if (_percent == 100)
            return TimeSpan.Zero;
        var excess = _busy * 100 / _percent - _total;   // idle ticks owed
        if (excess <= 0)
            return TimeSpan.Zero;
        // Idle time does not begin while other I/O is in flight: check again soon.
        return _inFlight > 0 ? Recheck : TimeSpan.FromTicks((long)excess);
    }

    private void Account(long now)
    {
        var elapsed = Math.Max(0, now - _last);     // a clock that steps back has no effect
        _last = now;
        if (_bytesPerSecond > 0)
            _credit = Math.Min(_credit + _bytesPerSecond * ((double)elapsed / TimeSpan.TicksPerSecond), _bytesPerSecond / 10.0);
        _total += elapsed;
        if (_inFlight > 0)
            _busy += elapsed;
        while (_total > Window)
        {
            _total /= 2;
            _busy /= 2;
        }
    }

    /// <summary>Sets both limits in one step.</summary>
    /// <param name="percent">Percentage of time in which I/O may be in flight, 1 to 100.</param>
    /// <param name="bytesPerSecond">Maximum bytes read per second; 0 for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public void Set(int percent, long bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(percent, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerSecond);
        lock (_lock)
        {
            if (_bytesPerSecond != bytesPerSecond)
                _credit = 0;    // debt at the old rate does not carry over to the new one
            Volatile.Write(ref _percent, percent);
            Volatile.Write(ref _bytesPerSecond, bytesPerSecond);
            _limited = percent < 100 || bytesPerSecond > 0;
            foreach (var client in _clients)
                client.Tell(ThrottleChanged.Instance);
        }
    }
}
