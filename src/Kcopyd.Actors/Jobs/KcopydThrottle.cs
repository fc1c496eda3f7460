using Akka.Actor;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors;

/// <summary>
/// Limits a client, or several that share it, by percentage of time and by bytes per second. Any thread may change it while jobs run;
/// the change holds from the next sub-job on.
/// </summary>
/// <remarks>
/// Unlimited, it costs a client one volatile read a sub-job. Time is what the caller's scheduler says, so it runs under virtual time.
/// The percentage is over a window that decays by halves every second; the rate is a token bucket that may go into debt by one
/// sub-job and saves at most a tenth of a second. Bytes are counted once, as they are read, whatever the number of destinations.
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
    private int _inFlight;      // clients' sub-jobs
    private double _busy;       // ticks of the window in which anything was in flight
    private double _total;      // ticks of the window
    private double _credit;     // bytes; negative is debt

    /// <summary>Creates a throttle; unlimited by default.</summary>
    /// <param name="percent">Percentage of time that I/O may be in flight, 1 to 100.</param>
    /// <param name="bytesPerSecond">Bytes read a second; 0 is no limit.</param>
    public KcopydThrottle(int percent = 100, long bytesPerSecond = 0) => Set(percent, bytesPerSecond);

    /// <summary>Percentage of time that I/O may be in flight, 1 to 100; 100 is no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to 100.</exception>
    public int Percent
    {
        get => Volatile.Read(ref _percent);
        set => Set(value, BytesPerSecond);
    }

    /// <summary>Bytes read a second; 0 is no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
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

    /// <summary>Asks to start a sub-job. What was started so is ended by <see cref="Ended"/>; an unlimited client asks nothing.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="now">Ticks (100 ns) of the caller's scheduler.</param>
    /// <param name="wait">If it may not start: how long to wait before asking again.</param>
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
        var excess = _busy * 100 / _percent - _total;   // ticks of idleness that are owed
        if (excess <= 0)
            return TimeSpan.Zero;
        // While other I/O is in flight idleness does not begin: look again soon.
        return _inFlight > 0 ? Recheck : TimeSpan.FromTicks((long)excess);
    }

    private void Account(long now)
    {
        var elapsed = Math.Max(0, now - _last);     // a clock that steps back costs nothing
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

    /// <summary>Sets both limits at once.</summary>
    /// <param name="percent">Percentage of time that I/O may be in flight, 1 to 100.</param>
    /// <param name="bytesPerSecond">Bytes read a second; 0 is no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside its range.</exception>
    public void Set(int percent, long bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(percent, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerSecond);
        lock (_lock)
        {
            if (_bytesPerSecond != bytesPerSecond)
                _credit = 0;    // debt at the old rate is not owed at the new one
            Volatile.Write(ref _percent, percent);
            Volatile.Write(ref _bytesPerSecond, bytesPerSecond);
            _limited = percent < 100 || bytesPerSecond > 0;
            foreach (var client in _clients)
                client.Tell(ThrottleChanged.Instance);
        }
    }
}
