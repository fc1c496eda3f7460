using Akka;
using Akka.Actor;
using Kcopyd.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Kcopyd.Actors.Hosting;

/// <summary>Closes what a host has opened when its actor system shuts down.</summary>
internal static class HostedShutdown
{
    /// <summary>Adds a task to the phase in which clients end.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="what">A noun for messages, such as "origin".</param>
    /// <param name="name">Its name.</param>
    /// <param name="close">Flushes and closes it.</param>
    /// <param name="log">The host's own log: Akka's loggers are actors, which the shutdown of the system may stop before they have written.</param>
    public static void Add(ActorSystem system, string what, string name, Func<Task> close, ILogger? log) =>
        CoordinatedShutdown.Get(system).AddTask(ClientShutdown.Phase, $"close-kcopyd-{what}-{name}", () => CloseAsync(system, what, name, close, log));

    // Jobs of the clients may use it, so the clients end first.
    private static async Task<Done> CloseAsync(ActorSystem system, string what, string name, Func<Task> close, ILogger? log)
    {
        var timeout = CoordinatedShutdown.Get(system).Timeout(ClientShutdown.Phase);
        try
        {
            await system.Kcopyd().Clients.WaitUntilSharedAreClosedAsync(0.8 * timeout).ConfigureAwait(false);
            await close().WaitAsync(0.15 * timeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            log?.LogWarning("The system stops and cannot wait longer for {What} '{Name}': a device hangs, and written data may not be on stable storage. "
                + "To give it more time, set akka.coordinated-shutdown.phases.{Phase}.timeout, now {Timeout}.", what, name, ClientShutdown.Phase, timeout);
        }
        catch (Exception failure)
        {
            log?.LogError("The {What} '{Name}' was not closed cleanly: {Failure}", what, name, failure.Message);
        }
        return Done.Instance;
    }
}
