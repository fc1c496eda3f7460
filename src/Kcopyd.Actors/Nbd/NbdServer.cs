using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Configuration;
using Kcopyd.Actors.Nbd.Server;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// Serves devices over the NBD protocol: to qemu, libnbd and its tools, fio, the Linux kernel, and to <c>NbdBlockDevice</c>. Any thread may call any member.
/// </summary>
/// <remarks>
/// <para>It speaks the fixed newstyle handshake with structured replies, block status (base:allocation), FUA, flush, trim, write-zeroes (NO_HOLE,
/// FAST_ZERO), cache, block sizes, and TLS by certificates. Requests of a connection are at work at the same time and are answered as they end.</para>
/// <para>Several connections to an export see one device: what was answered on one is read on the others, and a flush covers it.</para>
/// </remarks>
public sealed class NbdServer : IAsyncDisposable
{
    private readonly ServerCore _core;

    private NbdServer(ServerCore core) => _core = core;

    internal ServerCore Core => _core;

    /// <summary>The server's actor; when it stops, the server has stopped.</summary>
    public IActorRef Actor => _core.Actor;

    /// <summary>Where it listens, with the ports that it got.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; private init; } = [];

    /// <summary>Bytes of the memory that connections share, lent or kept for the next.</summary>
    internal long MemoryHeld => _core.Memory.Held;

    /// <summary>Begins to listen: when this returns, clients can connect.</summary>
    /// <param name="system">Where its actors run.</param>
    /// <param name="options">Where to listen, and what to serve.</param>
    /// <exception cref="ArgumentException">The options contradict each other, an export cannot be served, or an address that others can reach has no TLS.</exception>
    /// <exception cref="IOException">An address cannot be listened on.</exception>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public static NbdServer Start(ActorSystem system, NbdServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(options);
        _ = system.Kcopyd();
        var settings = options.Settings?.Checked() ?? NbdServerSettings.From(ConfigSection.Of(system.Settings.Config, NbdServerSettings.Section));
        if (options.EndPoints.Count == 0)
            throw new ArgumentException("A server needs somewhere to listen: give at least one of EndPoints.", nameof(options));
        if (options.Tls is { Certificate: null })
            throw new ArgumentException("A server's TLS needs a certificate with its private key: read them by NbdTls.ForServer.", nameof(options));
        var listeners = new List<Listener>();
        try
        {
            foreach (var endPoint in options.EndPoints)
                listeners.Add(Listener.Open(endPoint, options.AllowInsecureNetwork || (options.Tls is not null && options.RequireTls)));
            var core = new ServerCore(options, settings, listeners);
            var server = new NbdServer(core) { EndPoints = [.. listeners.Select(static listener => listener.EndPoint)] };
            foreach (var export in options.Exports)
                server.AddExport(export);
            core.Actor = system.ActorOf(NbdServerActor.Props(core), options.Name ?? ActorNames.Next("kcopyd-nbd-server"));
            return server;
        }
        catch
        {
            listeners.ForEach(static listener => listener.Dispose());
            throw;
        }
    }

    /// <summary>Serves one more export from now on.</summary>
    /// <exception cref="ArgumentException">The name is taken or too long, or the device has no size.</exception>
    public void AddExport(NbdExport export)
    {
        ArgumentNullException.ThrowIfNull(export);
        _core.Exports.Add(new ExportCore(export.Checked()));
    }

    /// <summary>Serves an export no longer. Clients that use it get the answers to what they have asked, and are then disconnected. Nothing is flushed: that is
    /// for who has the device.</summary>
    /// <returns>False if there is none of that name.</returns>
    public bool RemoveExport(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_core.Exports.Remove(name) is not { } removed)
            return false;
        removed.IsRemoved = true;
        Actor.Tell(new ExportRemoved(), ActorRefs.NoSender);
        return true;
    }

    /// <summary>The exports, in the order of their names, and what was done on them.</summary>
    public IReadOnlyList<NbdExportStatus> GetStatus() => [.. _core.Exports.All.Select(static export => export.Status())];

    /// <summary>
    /// Stops listening, answers what clients have asked, disconnects them, and flushes every device that can be written. Clients that do not take
    /// their answers within <see cref="NbdServerSettings.DrainTimeout"/> are dropped. May be called again.
    /// </summary>
    /// <exception cref="IOException">A device could not be flushed; the message names it.</exception>
    public Task StopAsync() => StopAsync(_core.Settings.DrainTimeout);

    /// <summary>The same, with a time for the clients that is no longer than that of the settings.</summary>
    internal async Task StopAsync(TimeSpan drainTimeout)
    {
        Actor.Tell(new StopServer(drainTimeout), ActorRefs.NoSender);
        if (await _core.Stopped.Task.ConfigureAwait(false) is { } failure)
            throw new IOException(failure);
    }

    /// <summary>Stops as <see cref="StopAsync()"/> does; what cannot be flushed is in the log.</summary>
    public async ValueTask DisposeAsync()
    {
        Actor.Tell(new StopServer(_core.Settings.DrainTimeout), ActorRefs.NoSender);
        await _core.Stopped.Task.ConfigureAwait(false);
    }

    /// <summary>How it is, by its actor; null once that has stopped.</summary>
    internal async Task<ServerStatus?> AskStatusAsync()
    {
        var answer = new TaskCompletionSource<ServerStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        Actor.Tell(new AskServerStatus(answer), ActorRefs.NoSender);
        await Task.WhenAny(answer.Task, _core.Stopped.Task).ConfigureAwait(false);
        return answer.Task.IsCompleted ? await answer.Task.ConfigureAwait(false) : null;
    }
}
