using System.Net;
using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Server;
using Kcopyd.Actors.Nbd.Transport;

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

    internal static NbdServer Start(IActorRefFactory parent, NbdServerOptions options, NbdServerSettings settings)
    {
        var listeners = new List<ITransportListener>();
        try
        {
            if (options.EndPoints.Count + options.Sockets.Count == 0)
                throw new ArgumentException("A server needs somewhere to listen: give at least one of EndPoints or Sockets.", nameof(options));
            options.Tls?.CheckServer(options.TimeProvider.GetUtcNow());
            var mayBeReached = options.AllowInsecureNetwork || (options.Tls is not null && options.RequireTls);
            foreach (var socket in options.Sockets)
                listeners.Add(Listener.Take(socket, mayBeReached, settings.KeepAlive));
            foreach (var endPoint in options.EndPoints)
                listeners.Add(options.Transport.Listen(endPoint, mayBeReached, settings.KeepAlive));
            var core = new ServerCore(options, settings, listeners);
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

    /// <summary>Serves one more export from now on.</summary>
    /// <exception cref="ArgumentException">The name is taken or too long, or the device has no size.</exception>
    public void AddExport(NbdExport export)
    {
        ArgumentNullException.ThrowIfNull(export);
        _core.Exports.Add(new ExportCore(export.Checked()));
    }

    /// <summary>
    /// Serves an export no longer, and does not wait for its clients: they get the answers to what they have asked, within
    /// <see cref="NbdServerSettings.DrainTimeout"/>, and are then disconnected. Requests may be in the device when this returns; see
    /// <see cref="RemoveExportAsync"/>. Nothing is flushed: that is for the owner of the device.
    /// </summary>
    /// <returns>False if there is none of that name.</returns>
    public bool RemoveExport(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_core.Exports.Remove(name) is not { } removed)
            return false;
        Actor.Tell(new DrainExport(removed, new TaskCompletionSource<string>()), ActorRefs.NoSender);
        return true;
    }

    /// <summary>
    /// Serves an export no longer, and completes when none of its requests is in the device, and none will be: the device can then be disposed, or taken for
    /// another use. Clients get the answers to what they have asked within <see cref="NbdServerSettings.DrainTimeout"/>; after that they are disconnected, and
    /// their requests have <see cref="NbdServerSettings.DeviceTimeout"/> to end in the device. No client of the old export comes to use a new one of the same
    /// name. Nothing is flushed.
    /// </summary>
    /// <param name="name">The export's name.</param>
    /// <param name="cancellationToken">Ends the wait. The export is removed all the same.</param>
    /// <returns>False if there is none of that name, and none that was removed before is in use.</returns>
    /// <exception cref="TimeoutException">The device has not completed all requests in time; the message names the oldest of each client. The export is
    /// removed; to wait again, call this again.</exception>
    public async Task<bool> RemoveExportAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var removed = _core.Exports.Remove(name);
        var inUse = _core.Exports.Removed(name);
        foreach (var export in inUse)
        {
            var hung = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            Actor.Tell(new DrainExport(export, hung), ActorRefs.NoSender);
            await Task.WhenAny(export.Drained, hung.Task, _core.Stopped.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!export.Drained.IsCompleted)
            {
                throw new TimeoutException(hung.Task.IsCompleted
                    ? await hung.Task.ConfigureAwait(false)
                    : $"Export '{name}' is removed, but the server has stopped while {export.Device.Name} had not completed all requests.");
            }
        }
        return removed is not null || inUse.Count > 0;
    }

    /// <summary>The exports, in the order of their names, and what was done on them.</summary>
    public IReadOnlyList<NbdExportStatus> GetStatus() => [.. _core.Exports.All.Select(static export => export.Status())];

    /// <summary>
    /// Stops listening, answers what clients have asked, disconnects them, and flushes every device that can be written. Clients that do not take their answers
    /// within <see cref="NbdServerSettings.DrainTimeout"/> are dropped; what devices have not completed within <see cref="NbdServerSettings.DeviceTimeout"/>
    /// after that is waited for no longer. May be called again.
    /// </summary>
    /// <exception cref="IOException">A device could not be flushed; the message names it.</exception>
    /// <exception cref="TimeoutException">A device did not answer in time. The message names the exports, the oldest request of each client, and flushes. Such
    /// a request keeps its memory, and may still change the device.</exception>
    public Task StopAsync() => StopAsync(_core.Settings.DrainTimeout, _core.Settings.DeviceTimeout);

    /// <summary>The same, with times that are no longer than those of the settings.</summary>
    internal async Task StopAsync(TimeSpan drainTimeout, TimeSpan deviceTimeout) => (await EndAsync(drainTimeout, deviceTimeout).ConfigureAwait(false)).ThrowIfFailed();

    /// <summary>Stops as <see cref="StopAsync()"/> does; what cannot be flushed, or hangs, is in the log.</summary>
    public async ValueTask DisposeAsync() => await EndAsync(_core.Settings.DrainTimeout, _core.Settings.DeviceTimeout).ConfigureAwait(false);

    private Task<StopOutcome> EndAsync(TimeSpan drainTimeout, TimeSpan deviceTimeout)
    {
        Actor.Tell(new StopServer(drainTimeout, deviceTimeout), ActorRefs.NoSender);
        return _core.Stopped.Task;
    }

    /// <summary>The current status, by its actor; null once that has stopped.</summary>
    internal async Task<ServerStatus?> AskStatusAsync()
    {
        var answer = new TaskCompletionSource<ServerStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        Actor.Tell(new AskServerStatus(answer), ActorRefs.NoSender);
        await Task.WhenAny(answer.Task, _core.Stopped.Task).ConfigureAwait(false);
        return answer.Task.IsCompleted ? await answer.Task.ConfigureAwait(false) : null;
    }
}
