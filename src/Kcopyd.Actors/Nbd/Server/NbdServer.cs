using System.Net;
using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Server;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// Serves block devices over the NBD protocol to qemu, libnbd and its tools, fio, the Linux kernel and <c>NbdBlockDevice</c>. All members are thread-safe.
/// </summary>
/// <remarks>
/// <para>The server supports the fixed newstyle handshake with structured replies, block status (base:allocation), FUA, flush, trim, write-zeroes (NO_HOLE,
/// FAST_ZERO), cache, block sizes, and TLS with certificates. The requests of a connection run concurrently and are answered as they complete.</para>
/// <para>All connections to an export share one device: a write answered on one connection is visible on the others, and a flush on any of them covers
/// it.</para>
/// </remarks>
public sealed class NbdServer : IAsyncDisposable
{
    private readonly ServerCore _core;

    private NbdServer(ServerCore core) => _core = core;

    internal ServerCore Core => _core;

    /// <summary>The server's actor. When it stops, the server has stopped.</summary>
    public IActorRef Actor => _core.Actor;

    /// <summary>The addresses on which the server listens, with the actual ports.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; private init; } = [];

    /// <summary>Bytes of memory shared by the connections, lent or kept for reuse.</summary>
    internal long MemoryHeld => _core.Memory.Held;

    internal static NbdServer Start(IActorRefFactory parent, Completions completions, NbdServerOptions options, NbdServerSettings settings)
    {
        var listeners = new List<ITransportListener>();
        try
        {
            if (options.EndPoints.Count + options.Sockets.Count == 0)
                throw new ArgumentException("A server needs an address to listen on: set at least one of EndPoints or Sockets.", nameof(options));
            options.Tls?.CheckServer(options.TimeProvider.GetUtcNow());
            var mayBeReached = options.AllowInsecureNetwork || (options.Tls is not null && options.RequireTls);
            foreach (var socket in options.Sockets)
                listeners.Add(Listener.Take(socket, mayBeReached, settings.KeepAlive));
            foreach (var endPoint in options.EndPoints)
                listeners.Add(options.Transport.Listen(endPoint, mayBeReached, settings.KeepAlive));
            var core = new ServerCore(options, settings, listeners, completions);
            var server = new NbdServer(core) { EndPoints = [.. listeners.Select(static listener => listener.EndPoint)] };
            foreach (var export in options.Exports)
                server.AddExport(export);
            core.Actor = parent.ActorOf(NbdServerActor.Props(core), options.Name ?? ActorNames.Next("kcopyd-nbd-server"));
            return server;
        }
        catch
        {
            listeners.ForEach(static listener => listener.Dispose());
            foreach (var socket in options.Sockets)
                socket.Dispose();
            throw;
        }
    }

    /// <summary>Adds an export and serves it immediately.</summary>
    /// <exception cref="ArgumentException">The name is already in use or too long, or the device has no size.</exception>
    public void AddExport(NbdExport export)
    {
        ArgumentNullException.ThrowIfNull(export);
        _core.Exports.Add(new ExportCore(export.Checked(), _core.Completions));
    }

    /// <summary>
    /// Removes an export without waiting for its clients: they receive the replies to their outstanding requests within
    /// <see cref="NbdServerSettings.DrainTimeout"/>, and are then disconnected. Requests may still be in the device when this method returns; see
    /// <see cref="RemoveExportAsync"/>. The device is not flushed; that is up to its owner.
    /// </summary>
    /// <returns>False if there is no export of that name.</returns>
    public bool RemoveExport(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_core.Exports.Remove(name) is not { } removed)
            return false;
        Actor.Tell(new DrainExport(removed, new Completion<string>(_core.Completions)), ActorRefs.NoSender);
        return true;
    }

    /// <summary>
    /// Removes an export, and completes when no request of it is or will be in the device: the device can then be disposed or reused. Clients receive the
    /// replies to their outstanding requests within <see cref="NbdServerSettings.DrainTimeout"/>; after that they are disconnected, and the device has
    /// <see cref="NbdServerSettings.DeviceTimeout"/> to complete their requests. Clients of the removed export never reach a new export of the same name. The
    /// device is not flushed.
    /// </summary>
    /// <param name="name">The export's name.</param>
    /// <param name="cancellationToken">Cancels the wait. The export is removed anyway.</param>
    /// <returns>False if there is no export of that name, and no previously removed export of that name is in use.</returns>
    /// <exception cref="TimeoutException">The device did not complete all requests in time; the message names the oldest request of each client. The export is
    /// removed; call this method again to continue waiting.</exception>
    public async Task<bool> RemoveExportAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var removed = _core.Exports.Remove(name);
        var inUse = _core.Exports.Removed(name);
        foreach (var export in inUse)
        {
            var hung = new Completion<string>(_core.Completions);
            var ended = Task.WhenAny(export.Drained.Task, _core.Stopped.Task);
            var isHung = await Actor.AskAsync(hung, new DrainExport(export, hung), ended, cancellationToken).ConfigureAwait(false);
            if (!export.Drained.IsSet)
            {
                throw new TimeoutException(isHung
                    ? await hung.Task.ConfigureAwait(false)
                    : $"Export '{name}' is removed, but the server stopped before {export.Device.Name} had completed all requests.");
            }
        }
        return removed is not null || inUse.Count > 0;
    }

    /// <summary>Returns the status of all exports, ordered by name, without asking the server's actor.</summary>
    public IReadOnlyList<NbdExportStatus> GetExports() => [.. _core.Exports.All.Select(static export => export.Status())];

    /// <summary>Returns the current status of the server and its exports. The answer also shows that the server's actor is alive.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<NbdServerStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var answer = new Completion<NbdServerStatus>(_core.Completions);
        var status = await Actor.AskAsync(answer, new AskServerStatus(answer), _core.Stopped.Task, cancellationToken).ConfigureAwait(false)
            ? await answer.Task.ConfigureAwait(false)
            : new NbdServerStatus(NbdServerState.Stopped, 0, 0, _core.Settings.MaxConnections, []);
        return status with { Exports = GetExports() };
    }

    /// <summary>
    /// Stops listening, answers the outstanding requests, disconnects the clients, and flushes every writable device. Clients that do not read their replies
    /// within <see cref="NbdServerSettings.DrainTimeout"/> are dropped; after that, the server waits for its devices for at most
    /// <see cref="NbdServerSettings.DeviceTimeout"/>. May be called again.
    /// </summary>
    /// <exception cref="IOException">A device could not be flushed; the message names it.</exception>
    /// <exception cref="TimeoutException">A device did not respond in time. The message names the exports, the oldest request of each client, and flushes. Such
    /// a request keeps its memory, and may still change the device.</exception>
    public Task StopAsync() => StopAsync(_core.Settings.DrainTimeout, _core.Settings.DeviceTimeout);

    /// <summary>Stops with the given timeouts, limited to those of the settings.</summary>
    internal async Task StopAsync(TimeSpan drainTimeout, TimeSpan deviceTimeout) =>
        (await EndAsync(drainTimeout, deviceTimeout).ConfigureAwait(false)).ThrowIfFailed();

    /// <summary>Stops the server like <see cref="StopAsync()"/>, but only logs failed flushes and devices that hang.</summary>
    public async ValueTask DisposeAsync() => await EndAsync(_core.Settings.DrainTimeout, _core.Settings.DeviceTimeout).ConfigureAwait(false);

    private Task<StopOutcome> EndAsync(TimeSpan drainTimeout, TimeSpan deviceTimeout)
    {
        Actor.Tell(new StopServer(drainTimeout, deviceTimeout), ActorRefs.NoSender);
        return _core.Stopped.Task;
    }

}
