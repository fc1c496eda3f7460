using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Nbd.Server;

/// <content>How much is begun at a time, before others on this thread have their turn.</content>
internal sealed partial class ConnectionActor
{
    private const int TurnMilliseconds = 8;
    private const int SmallestCharge = 4096;        // bytes; a request has a cost of its own
    private const int MostAhead = 8;                // I/Os; fio, depth 32, a snapshot in memory: 4, 8 and 12 made 210, 217 and 195 k/s, and no bound 185

    private readonly Later _later;
    private readonly Soon _soon;
    private long _bytesThisTurn;    // whose I/O has begun
    private long _turnAt;
    private int _ahead;             // I/Os that have begun in this message and not ended
    private bool _goesOnLater, _goesOnSoon;
    private volatile bool _isGreedy;

    // Others on this thread must not wait for all that a greedy client has asked.
    private bool IsTurnOver()
    {
        if (_bytesThisTurn < _context.Settings.PieceSize)
            return _ahead >= MostAhead && GoOnSoon();
        _isGreedy = true;
        if (!_goesOnLater)
            EngineThread.Yield(_later);
        return _goesOnLater = true;
    }

    // The device may be an actor, which has to do on this thread what was begun: the client goes on with the first answers while the last are made.
    private bool GoOnSoon()
    {
        if (!_goesOnSoon)
            EngineThread.RunLast(_soon);
        return _goesOnSoon = true;
    }

    // Greedy is who fills his turn before the clock has moved on. His input waits in line with that of others who are; what a quiet client
    // sends is taken as soon as it comes.
    private void LookAtClock()
    {
        var now = Environment.TickCount64 / TurnMilliseconds;
        if (now == _turnAt)
            return;
        _turnAt = now;
        if (_goesOnLater)
            return;
        _isGreedy = _isGreedy && _bytesThisTurn > _context.Settings.PieceSize / 4;
        _bytesThisTurn = 0;
    }

    private sealed class Soon(IActorRef connection) : OwnTurn(connection);

    private sealed class Later(IActorRef connection) : OwnTurn(connection);

    /// <summary>A message of the connection to itself, told when a thread of the engine comes to it.</summary>
    private abstract class OwnTurn(IActorRef connection) : LinkedMessage, IRunnable, IDeadLetterSuppression
    {
        public void Run() => connection.Tell(this, ActorRefs.NoSender);

        public void Execute() => Run();
    }
}
