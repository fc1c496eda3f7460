using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>How much a connection begins at a time, before others on its thread have their turn.
/// Used by its actor only, but for <see cref="IsGreedy"/>.</summary>
/// <remarks>Greedy is a connection that fills its turn before the clock has moved on. Its input waits in line with that of others that are; what a
/// quiet client sends is taken as soon as it comes.</remarks>
/// <param name="bytes">Whose I/O may begin in a turn.</param>
/// <param name="clock">By which a turn ends.</param>
/// <param name="later">Runs when others have had their turn: <see cref="BeginNext"/> is called then.</param>
/// <param name="soon">Runs when the thread has done what it has to do by now: <see cref="Resume"/> is called then.</param>
internal sealed class ConnectionTurn(int bytes, ITimeProvider clock, IRunnable later, IRunnable soon)
{
    private const long Ticks = 8 * TimeSpan.TicksPerMillisecond;
    private const int SmallestCharge = 4096;        // bytes; a request has a cost of its own
    private const int MaxAhead = 8;                 // I/Os; fio, depth 32, a snapshot in memory: 4, 8 and 12 made 210, 217 and 195 k/s, and no bound 185

    private long _charged;      // bytes whose I/O has begun in this turn
    private long _number;       // of the turn, by the clock
    private int _ahead;         // I/Os that have begun in this message and not ended
    private bool _awaitsLater, _awaitsSoon;
    private volatile bool _isGreedy;

    /// <summary>Any thread may ask.</summary>
    public bool IsGreedy => _isGreedy;

    /// <summary>True if no more may begin now: others on this thread must not wait for all that a greedy client has asked.
    /// The actor is called again when more may.</summary>
    public bool IsOver()
    {
        if (_charged < bytes)
            return _ahead >= MaxAhead && Pause();
        _isGreedy = true;
        if (!_awaitsLater)
            EngineThread.Yield(later);
        return _awaitsLater = true;
    }

    /// <summary>A message has come: nothing is ahead of it.</summary>
    public void BeginMessage() => _ahead = 0;

    /// <summary>An I/O begins.</summary>
    /// <param name="length">Bytes.</param>
    public void Charge(int length) => _charged += Math.Max(length, SmallestCharge);

    /// <summary>An I/O has begun, and its device has not completed it.</summary>
    public void CountAhead() => _ahead++;

    /// <summary>Others have had their turn.</summary>
    public void BeginNext() => (_awaitsLater, _charged) = (false, 0);

    /// <summary>The thread has done what it had to do.</summary>
    public void Resume() => _awaitsSoon = false;

    /// <summary>The client has sent something: a turn that is over by the clock ends, and with it the greed of a client that has not used much of it.</summary>
    public void LookAtClock()
    {
        var number = clock.MonotonicClock.Ticks / Ticks;
        if (number == _number)
            return;
        _number = number;
        if (_awaitsLater)
            return;
        _isGreedy = _isGreedy && _charged > bytes / 4;
        _charged = 0;
    }

    // The device may be an actor, which has to do on this thread what was begun: the client continues with the first answers while the last are made.
    private bool Pause()
    {
        if (!_awaitsSoon)
            EngineThread.RunLast(soon);
        return _awaitsSoon = true;
    }
}
