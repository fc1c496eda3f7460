using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Limits how much a connection starts at a time, before other connections on its thread get their turn. Used by its actor only, except
/// <see cref="IsGreedy"/>.</summary>
/// <remarks>A connection is greedy if it fills its turn before the clock ends the turn. The input of greedy connections is processed in turn; the input of a
/// quiet client is processed as soon as it arrives.</remarks>
/// <param name="bytes">Maximum number of bytes of I/O started in a turn.</param>
/// <param name="clock">Ends a turn.</param>
/// <param name="later">Runs when the others have had their turn; it leads to <see cref="BeginNext"/>.</param>
/// <param name="soon">Runs when the thread has finished its pending work; it leads to <see cref="Resume"/>.</param>
internal sealed class ConnectionTurn(int bytes, ITimeProvider clock, IRunnable later, IRunnable soon)
{
    private const long Ticks = 8 * TimeSpan.TicksPerMillisecond;
    private const int MinCharge = 4096;             // bytes; every request has a fixed cost
    private const int MaxAhead = 8;                 // I/Os; fio, depth 32, a snapshot in memory: 4, 8 and 12 gave 210, 217 and 195 k/s, no limit 185

    private long _charged;      // bytes of I/O started in this turn
    private long _number;       // of the turn, from the clock
    private int _ahead;         // I/Os started during this message that are still in the device
    private bool _awaitsLater, _awaitsSoon;
    private volatile bool _isGreedy;

    /// <summary>True if the connection is greedy. Any thread.</summary>
    public bool IsGreedy => _isGreedy;

    /// <summary>True if no more I/O may start now: other connections on this thread must not wait for everything that a greedy client has requested. The actor
    /// is called again when more may start.</summary>
    public bool IsOver()
    {
        if (_charged < bytes)
            return _ahead >= MaxAhead && Pause();
        _isGreedy = true;
        if (!_awaitsLater)
            EngineThread.Yield(later);
        return _awaitsLater = true;
    }

    /// <summary>Called at the start of a message: resets the number of I/Os ahead.</summary>
    public void BeginMessage() => _ahead = 0;

    /// <summary>Charges an I/O that is about to start.</summary>
    /// <param name="length">Bytes.</param>
    public void Charge(int length) => _charged += Math.Max(length, MinCharge);

    /// <summary>Counts an I/O that has started and that the device has not completed yet.</summary>
    public void CountAhead() => _ahead++;

    /// <summary>Begins the next turn, when the others have had theirs.</summary>
    public void BeginNext() => (_awaitsLater, _charged) = (false, 0);

    /// <summary>Called when the thread has finished its pending work.</summary>
    public void Resume() => _awaitsSoon = false;

    /// <summary>Called when input arrives: ends a turn whose time is up. A client that used little of the turn is then no longer greedy.</summary>
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

    // The device may be an actor that runs the started I/Os on this thread: the client continues with the first replies while the last are produced.
    private bool Pause()
    {
        if (!_awaitsSoon)
            EngineThread.RunLast(soon);
        return _awaitsSoon = true;
    }
}
