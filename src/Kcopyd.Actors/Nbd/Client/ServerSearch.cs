using Akka.Actor;
using Akka.Dispatch;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Looks for a server that was lost: one try at a time, with pauses that grow. What becomes of a try is told to the actor.</summary>
#pragma warning disable CA1001 // stopped with its actor, which is not disposed
internal sealed class ServerSearch(NbdClientCore core, IActorRef actor, MessageDispatcher dispatcher, ITimerScheduler timers)
#pragma warning restore CA1001
{
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private CancellationTokenSource? _connecting;
    private TimeSpan _pause;            // before the next try

    /// <summary>The next try is made at once: the server had been there.</summary>
    public void Restart() => _pause = TimeSpan.Zero;

    /// <summary>Tries, after a pause.</summary>
    public void TryNext()
    {
        if (_pause == TimeSpan.Zero)
            Try();
        else
            timers.StartSingleTimer(DeviceTimer.Retry, DeviceTimer.Retry, _pause);
        _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    /// <summary>Tries now.</summary>
    public void Try()
    {
        _connecting?.Dispose();
        _connecting = new CancellationTokenSource();
        var token = _connecting.Token;
        // Not in the actor's turn: what comes before the first wait may take a while.
        dispatcher.Schedule(new ActionRunnable(() => _ = ConnectAsync(actor, core, token)));
    }

    /// <summary>Ends the search. What a try has opened is still told, to be closed.</summary>
    public void Stop()
    {
        timers.Cancel(DeviceTimer.Retry);
        _connecting?.Cancel();
    }

    private static async Task ConnectAsync(IActorRef actor, NbdClientCore core, CancellationToken cancellationToken)
    {
        try
        {
            var link = await core.Connector.OpenAsync(null, cancellationToken).ConfigureAwait(false);
            actor.Tell(new ServerFound(link), ActorRefs.NoSender);
            if (core.IsGone)
                link.Break("the device is closed");
        }
        catch (Exception refused)
        {
            actor.Tell(new ServerNotFound(refused), ActorRefs.NoSender);      // tried again, and told when that has no end
        }
    }
}

/// <summary>A try has found the server.</summary>
internal sealed record ServerFound(NbdLink Link) : INoSerializationVerificationNeeded;

/// <summary>A try has not.</summary>
internal sealed record ServerNotFound(Exception Cause) : INoSerializationVerificationNeeded;
