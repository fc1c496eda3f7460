using Akka.Actor;
using Akka.Dispatch;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Reconnects to a lost server: one attempt at a time, with growing pauses. The actor receives the outcome of each attempt.</summary>
#pragma warning disable CA1001 // stopped with its actor, which is not disposed
internal sealed class ServerSearch(NbdClientCore core, IActorRef actor, MessageDispatcher dispatcher, ITimerScheduler timers)
#pragma warning restore CA1001
{
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private CancellationTokenSource? _connecting;
    private TimeSpan _pause;            // before the next attempt

    /// <summary>Makes the next attempt immediate: the server was there before.</summary>
    public void Restart() => _pause = TimeSpan.Zero;

    /// <summary>Tries again after a pause.</summary>
    public void TryNext()
    {
        if (_pause == TimeSpan.Zero)
            Try();
        else
            timers.StartSingleTimer(DeviceTimer.Retry, DeviceTimer.Retry, _pause);
        _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < MaxPause ? _pause * 2 : MaxPause;
    }

    /// <summary>Tries now.</summary>
    public void Try()
    {
        _connecting?.Dispose();
        _connecting = new CancellationTokenSource();
        var token = _connecting.Token;
        // Not in the actor's turn: the code before the first await may take a while.
        dispatcher.Schedule(new ActionRunnable(() => _ = ConnectAsync(actor, core, token)));
    }

    /// <summary>Ends the search. The actor still receives a connection that an attempt has opened, to close it.</summary>
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
            actor.Tell(new ServerNotFound(refused), ActorRefs.NoSender);      // tried again; reported when the limit is reached
        }
    }
}

/// <summary>An attempt has found the server.</summary>
internal sealed record ServerFound(NbdLink Link) : INoSerializationVerificationNeeded;

/// <summary>An attempt has failed.</summary>
internal sealed record ServerNotFound(Exception Cause) : INoSerializationVerificationNeeded;
