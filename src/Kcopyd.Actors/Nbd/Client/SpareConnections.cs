using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Additional connections of a session, if the server allows several: opened one after the other in the background when there are more requests in flight than
/// connections. A server that has no room for another one is not asked again, and nothing ever waits for one. Used by the device's actor only.
/// </summary>
/// <remarks>Invariant: all connections of a session reach the same lifetime of the server, whose cache holds what was written over any of them. Otherwise a
/// flush over a new connection would vouch for writes that the old server had lost. A connection therefore joins only after an old one has answered a request
/// that was sent after the new one was open: the server of the session was still alive then. A lost connection is not replaced.</remarks>
#pragma warning disable CA1001 // stopped with its actor, which is not disposed
internal sealed class SpareConnections(NbdClientCore core, IActorRef actor, MessageDispatcher dispatcher, ILoggingAdapter log)
#pragma warning restore CA1001
{
    private CancellationTokenSource? _trying;
    private NbdLink? _opened;               // does not carry requests yet
    private long _sentBefore;               // requests sent before it was open
    private int _left = core.Options.Connections - 1;   // attempts in this session
    private int _session;
    private bool _isRefused;

    /// <summary>Tries to open another connection if there is work for it.</summary>
    public void Consider(NbdConnections connections)
    {
        if (_left == 0 || _isRefused || _trying is not null || _opened is not null || connections.First is not { } first
            || !first.Terms.Has(TransmissionFlags.CanMultiConn) || connections.InFlight <= connections.Count || !connections.HaveAnswered)
            return;
        Try(first);
    }

    // A separate method, because captured variables are allocated at the beginning of a method.
    private void Try(NbdLink first)
    {
        _left--;
        _trying = new CancellationTokenSource();
        var (session, token) = (_session, _trying.Token);
        dispatcher.Schedule(new ActionRunnable(() => _ = ConnectAsync(actor, core, first, session, token)));
    }

    /// <summary>Keeps an open connection until there is proof that it reaches the server of the session.</summary>
    /// <param name="message">The connection.</param>
    /// <param name="sent">Number of requests sent so far.</param>
    public void Opened(SpareOpened message, long sent)
    {
        if (message.Session != _session)
        {
            message.Link.Break("its session is over");
            return;
        }
        Forget();
        (_opened, _sentBefore) = (message.Link, sent);
    }

    public void Refused(SpareRefused message)
    {
        if (message.Session != _session)
            return;
        Forget();
        _isRefused = true;
        log.Info("{0}: it is used over fewer than {1} connections: {2}", core.Name, core.Options.Connections, message.Reason);
    }

    /// <summary>Returns a connection that may join the session; null while there is none.</summary>
    /// <param name="answered">The number of the latest request that the session has answered.</param>
    public NbdLink? Admit(long answered)
    {
        if (_opened is null || answered <= _sentBefore)
            return null;
        var joining = _opened;
        _opened = null;
        return joining;
    }

    /// <summary>Opens no more connections after the loss of one: the server may not want that many.</summary>
    public void GiveUp() => _left = 0;

    /// <summary>Ends the session, together with a connection that was to join it: a server with few slots needs them for the next session.</summary>
    public void Reset()
    {
        Stop();
        _left = core.Options.Connections - 1;
    }

    /// <summary>Opens no more connections, and uses none that is being opened.</summary>
    public void Stop()
    {
        (_session, _left) = (_session + 1, 0);
        _trying?.Cancel();
        Forget();
        _opened?.Break("its session is over");
        _opened = null;
    }

    private void Forget()
    {
        _trying?.Dispose();
        _trying = null;
    }

    private static async Task ConnectAsync(IActorRef actor, NbdClientCore core, NbdLink first, int session, CancellationToken cancellationToken)
    {
        try
        {
            var link = await core.Connector.OpenAsync(first, cancellationToken).ConfigureAwait(false);
            actor.Tell(new SpareOpened(link, session), ActorRefs.NoSender);
            if (core.IsGone)
                link.Break("the device is closed");
        }
        catch (Exception refused)
        {
            actor.Tell(new SpareRefused(refused.Message, session), ActorRefs.NoSender);
        }
    }
}

/// <summary>Another connection is open.</summary>
internal sealed record SpareOpened(NbdLink Link, int Session) : INoSerializationVerificationNeeded;

/// <summary>Another connection could not be opened.</summary>
internal sealed record SpareRefused(string Reason, int Session) : INoSerializationVerificationNeeded;
