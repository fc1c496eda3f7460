using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>
/// A reply token: a completion that is allocated now and fired later, from any thread, without blocking or allocating. Its callback runs on
/// the client like that of every copy, one at a time. Until it is fired or abandoned it counts as a job of the client, and holds up its destruction.
/// </summary>
/// <remarks>The token is itself the message that is sent: firing is one compare-and-swap and one Tell of an object that links itself.</remarks>
public sealed class PreparedCallback : LinkedMessage
{
    private const int Prepared = 0;
    private const int Fired = 1;
    private const int Abandoned = 2;
    private const int Stopped = 3;

    private readonly ClientCore _client;
    private readonly Notification _notification;
    private readonly CopyResult? _result;
    private int _state;
    private int _settled;
    private bool _readError;
    private ulong _writeErrors;

    internal PreparedCallback(ClientCore client, long id, Notification notification)
    {
        _client = client;
        Id = id;
        _notification = notification;
        _result = notification.WantsResult ? new CopyResult { Context = notification.Context } : null;
    }

    /// <summary>The token's number, unique within its client; names it in <see cref="ClientStatus"/>.</summary>
    public long Id { get; }

    /// <summary>What the caller gave.</summary>
    public object? Context => _notification.Context;

    /// <summary>True once it was fired or abandoned, or its client was stopped.</summary>
    public bool IsSpent => Volatile.Read(ref _state) != Prepared;

    /// <summary>
    /// Fires the token: its callback will run on the client with these results. From any thread; never blocks, allocates nothing,
    /// returns at once. If the client was stopped from outside meanwhile, the callback has been told so, and this does nothing.
    /// </summary>
    /// <param name="readError">The result's read error.</param>
    /// <param name="writeErrors">The result's write errors, a bit per destination.</param>
    /// <exception cref="InvalidOperationException">It was fired or abandoned before; the callback runs once all the same.</exception>
    public void Submit(bool readError = false, ulong writeErrors = 0)
    {
        var before = Interlocked.CompareExchange(ref _state, Fired, Prepared);
        if (before == Stopped)
            return;
        if (before != Prepared)
            throw new InvalidOperationException($"Prepared callback {Id} of client '{_client.Name}' was {(before == Fired ? "fired" : "abandoned")} before; prepare a new one for each completion.");
        _readError = readError;
        _writeErrors = writeErrors;
        Send();
    }

    /// <summary>Gives the token up: its callback never runs, and the client no longer waits for it. From any thread.</summary>
    /// <returns>False if it was fired or abandoned before.</returns>
    public bool Abandon()
    {
        if (Interlocked.CompareExchange(ref _state, Abandoned, Prepared) != Prepared)
            return false;
        Send();
        return true;
    }

    /// <summary>Runs on the client: takes the token off and tells its target, once.</summary>
    internal void Settle()
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
            return;
        _client.Forget(this);
        if (Volatile.Read(ref _state) != Abandoned)
            _client.Deliver(_notification, _readError, _writeErrors, _result?.Complete(_readError, _writeErrors), "prepared callback", Id);
    }

    /// <summary>The client stopped. If the token is outstanding, its target is told that nothing was done; one that was fired settles as
    /// a message that was not delivered.</summary>
    internal void Stop()
    {
        if (Interlocked.CompareExchange(ref _state, Stopped, Prepared) != Prepared)
            return;
        _readError = true;
        _writeErrors = ulong.MaxValue;
        _client.AfterStop(Settle);
    }

    internal override void Undelivered() => _client.AfterStop(Settle);

    private void Send()
    {
        _client.Actor.Tell(this, ActorRefs.NoSender);
        if (_client.Gate.IsGone)
            ClientCore.Elsewhere(Undelivered);
    }
}
