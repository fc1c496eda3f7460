using Akka.Actor;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Client;

/// <summary>The client's side of a <see cref="PreparedCallback"/>. The token is itself the message, so firing it costs one compare-and-swap and one Tell of
/// a self-linking object.</summary>
/// <remarks><code>
///  Prepared ──Submit──▶ Fired ─────┐
///     ├──────Abandon──▶ Abandoned ─┼──▶ settled by the client, or because the client is gone (see <see cref="AnsweredMessage"/>)
///     └──────Stop─────▶ Stopped ───┘
/// </code></remarks>
internal sealed class CallbackToken : AnsweredMessage
{
    private const int Prepared = 0;
    private const int Fired = 1;
    private const int Abandoned = 2;
    private const int Stopped = 3;

    private readonly ClientCore _client;
    private readonly Notification _notification;
    private readonly CopyResult? _result;
    private int _state;
    private bool _readError;
    private ulong _writeErrors;

    public CallbackToken(ClientCore client, long id, Notification notification)
    {
        _client = client;
        _notification = notification;
        _result = notification.WantsResult ? new CopyResult { Context = notification.Context } : null;
        Begin(id);
    }

    public object? Context => _notification.Context;

    public bool IsSpent => Volatile.Read(ref _state) != Prepared;

    /// <exception cref="InvalidOperationException">The token has already been fired or abandoned.</exception>
    public void Submit(bool readError, ulong writeErrors)
    {
        var before = Interlocked.CompareExchange(ref _state, Fired, Prepared);
        if (before == Stopped)
            return;
        if (before != Prepared)
        {
            var spent = before == Fired ? "fired" : "abandoned";
            throw new InvalidOperationException(
                $"Prepared callback {Id} of client '{_client.Name}' has already been {spent}; prepare a new one for each completion.");
        }
        _readError = readError;
        _writeErrors = writeErrors;
        Send();
    }

    public bool Abandon()
    {
        if (Interlocked.CompareExchange(ref _state, Abandoned, Prepared) != Prepared)
            return false;
        Send();
        return true;
    }

    /// <summary>Runs on the client: removes the token and notifies its target.</summary>
    public void Settle()
    {
        if (TrySettle(Id))
            Deliver();
    }

    /// <summary>Called when the client stops. The target of an outstanding token is notified that nothing was done; a fired token settles as an undelivered
    /// message.</summary>
    public void Stop()
    {
        if (Interlocked.CompareExchange(ref _state, Stopped, Prepared) != Prepared)
            return;
        _readError = true;
        _writeErrors = ulong.MaxValue;
        Close(Id);
    }

    protected override void AnswerClosed(long id) => _client.AfterStop(Deliver);

    private void Deliver()
    {
        _client.Forget(this);
        if (Volatile.Read(ref _state) != Abandoned)
            _client.Deliver(_notification, _readError, _writeErrors, _result?.Complete(_readError, _writeErrors), "prepared callback", Id);
    }

    private void Send()
    {
        _client.Actor.Tell(this, ActorRefs.NoSender);
        if (_client.Gate.IsGone)
            _client.RunElsewhere(Undelivered);
    }
}
