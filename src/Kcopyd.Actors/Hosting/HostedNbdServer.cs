using Akka;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Kcopyd.Actors.Nbd;

/// <summary>The NBD server of a host. Thread-safe.</summary>
public sealed class HostedNbdServer : IExtension
{
    /// <summary>The phase of Akka's coordinated shutdown in which the server stops, while everything that its devices need is still running.</summary>
    internal const string Phase = CoordinatedShutdown.PhaseServiceUnbind;

    private readonly ActorSystem _system;
    private readonly TaskCompletionSource<NbdServer> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal HostedNbdServer(ActorSystem system) => _system = system;

    /// <summary>Waits for the server to listen, and returns it. <see cref="NbdServer.AddExport"/> and <see cref="NbdServer.RemoveExport"/> change what it
    /// serves.</summary>
    /// <param name="cancellationToken">Cancels the wait: a server that was never configured never starts.</param>
    /// <exception cref="Exception">The error that made the start of the server, and with it the start of the host, fail.</exception>
    public Task<NbdServer> StartedAsync(CancellationToken cancellationToken = default) => _started.Task.WaitAsync(cancellationToken);

    /// <summary>The server if it has started; otherwise null.</summary>
    internal NbdServer? Server => _started.Task.IsCompletedSuccessfully ? _started.Task.Result : null;

    /// <exception cref="InvalidOperationException">The system already has a server.</exception>
    internal NbdServer Start(NbdServerHostOptions options, ILogger? log)
    {
        if (_started.Task.IsCompleted)
        {
            throw new InvalidOperationException("This actor system already has an NBD server: one AddNbdServer can have several addresses and exports; "
                + "start further servers with system.Kcopyd().StartNbdServer.");
        }
        try
        {
            var server = _system.Kcopyd().StartNbdServer(options.ToOptions(_system, "kcopyd-nbd-server"));
            var shutdown = CoordinatedShutdown.Get(_system);
            shutdown.AddTask(Phase, "stop-kcopyd-nbd-server", () => StopAsync(server, shutdown.Timeout(Phase), log));
            _started.SetResult(server);
            return server;
        }
        catch (Exception failure)
        {
            _started.SetException(failure);
            _ = _started.Task.Exception;    // observed: the host reports it, whether or not a caller awaits the task
            throw;
        }
    }

    // Half of the phase is for the clients, most of the rest for the devices. Errors go to the host's own log: Akka's loggers are actors, which the shutdown
    // of the system may stop before they have written.
    private static async Task<Done> StopAsync(NbdServer server, TimeSpan timeout, ILogger? log)
    {
        try
        {
            await server.StopAsync(timeout / 2, timeout * 0.4).WaitAsync(timeout * 0.95).ConfigureAwait(false);
        }
        catch (TimeoutException hung)
        {
            log?.LogWarning("The system stops and cannot wait longer for devices of the NBD server: what clients wrote may not be on stable storage. {Hung} "
                + "To give it more time, set akka.coordinated-shutdown.phases.{Phase}.timeout, now {Timeout}.", hung.Message, Phase, timeout);
        }
        catch (IOException failure)
        {
            log?.LogError("{Failure}", failure.Message);
        }
        return Done.Instance;
    }
}

internal sealed class HostedNbdServerProvider : ExtensionIdProvider<HostedNbdServer>
{
    public static HostedNbdServerProvider Instance { get; } = new();

    public override HostedNbdServer CreateExtension(ExtendedActorSystem system) => new(system);
}
