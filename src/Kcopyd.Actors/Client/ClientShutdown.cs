using Akka;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Client;

/// <summary>Destroys a client of the system when the system shuts down, as it does when a host stops.</summary>
/// <remarks>
/// The phase is the last one in which actors run, so code in an earlier phase (a shard handing over, for example) can still use the client. A client that
/// does not finish in time does not hang the host: the cause is logged, then the system stops the client, and all its remaining work is notified as failed.
/// </remarks>
internal static class ClientShutdown
{
    public const string Phase = CoordinatedShutdown.PhaseBeforeActorSystemTerminate;

    public static void Register(ActorSystem system, KcopydClient client)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        var log = Logging.GetLogger(system, typeof(KcopydClient));
        shutdown.AddTask(Phase, $"destroy-kcopyd-client-{client.Name}", () => DestroyAsync(system, client, shutdown.Timeout(Phase), log));
    }

    private static async Task<Done> DestroyAsync(ActorSystem system, KcopydClient client, TimeSpan timeout, ILoggingAdapter log)
    {
        var tenth = timeout / 10;
        var destroyed = client.CloseAsync();
        var completions = client.Completions;
        if (await system.Scheduler.EndsWithinAsync(destroyed, 7 * tenth, completions).ConfigureAwait(false))
            return Done.Instance;
        log.Warning("The system stops in {0} and cannot wait longer: {1}. To give it more time, set akka.coordinated-shutdown.phases.{2}.timeout, now {3}.",
            3 * tenth, await ReasonAsync(system.Scheduler, client, tenth, completions).ConfigureAwait(false), Phase, timeout);
        // Not only for the client's sake: a line logged just before the loggers stop is lost.
        await system.Scheduler.EndsWithinAsync(destroyed, tenth, completions).ConfigureAwait(false);
        return Done.Instance;
    }

    private static async Task<string> ReasonAsync(IScheduler scheduler, KcopydClient client, TimeSpan timeout, Completions completions)
    {
        using var patience = new CancellationTokenSource();
        var limit = scheduler.LimitCancelable(timeout, patience, completions);
        try
        {
            return (await client.GetStatusAsync(patience.Token).ConfigureAwait(false)).ToString();
        }
        catch (OperationCanceledException)
        {
            return $"client '{client.Name}' does not answer: one of its callbacks blocks it";
        }
        catch (KcopydClientClosedException)
        {
            return $"client '{client.Name}' has only just finished";
        }
        finally
        {
            limit.Cancel();
        }
    }
}
