using Akka.Actor;
using Kcopyd.Actors.Snapshots;
using Microsoft.Extensions.Logging;

namespace Kcopyd.Actors.Hosting;

/// <summary>A snapshot origin that starts and ends with an actor system.</summary>
/// <remarks>Invariant: everything opened is closed, when the system shuts down or when the start fails.</remarks>
internal sealed class HostedOrigin
{
    private readonly ActorSystem _system;
    private readonly SnapshotOrigin _origin;
    private readonly List<Snapshot> _snapshots = [];
    private readonly List<string> _names = [];      // the registered ones

    private HostedOrigin(ActorSystem system, SnapshotOrigin origin)
    {
        _system = system;
        _origin = origin;
    }

    public static async Task StartAsync(ActorSystem system, string name, Func<ActorSystem, IBlockDevice> open, OriginHostOptions options, ILogger? log)
    {
        var device = open(system);
        HostedOrigin? hosted = null;
        try
        {
            hosted = new HostedOrigin(system, system.Kcopyd().CreateSnapshotOrigin(device, name, identity: options.Identity));
            hosted.Register(name, hosted._origin);
            foreach (var snapshot in options.Snapshots)
                await hosted.OpenAsync(snapshot).ConfigureAwait(false);
        }
        catch
        {
            await (hosted?.CloseAsync() ?? device.DisposeAsync().AsTask()).ConfigureAwait(false);
            throw;
        }
        HostedShutdown.Add(system, "origin", name, hosted.FlushAndCloseAsync, log);
    }

    private async Task OpenAsync(HostedSnapshot wanted)
    {
        var cow = wanted.Open(_system);
        Snapshot snapshot;
        try
        {
            snapshot = await _origin.OpenSnapshotAsync(cow, wanted.Options).ConfigureAwait(false);
        }
        catch
        {
            await cow.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        _snapshots.Add(snapshot);
        Register(wanted.Name, snapshot);
    }

    private void Register(string name, IBlockDevice device)
    {
        _system.Kcopyd().Devices.Register(name, device);
        _names.Add(name);
    }

    private async Task FlushAndCloseAsync()
    {
        try
        {
            await _origin.FlushOrThrowAsync().ConfigureAwait(false);
            foreach (var snapshot in _snapshots.Where(static snapshot => !snapshot.IsReadOnly))
                await snapshot.FlushOrThrowAsync().ConfigureAwait(false);
        }
        finally
        {
            await CloseAsync().ConfigureAwait(false);
        }
    }

    private async Task CloseAsync()
    {
        foreach (var name in _names)
            _system.Kcopyd().Devices.Unregister(name);
        foreach (var snapshot in _snapshots)
            await snapshot.DisposeAsync().ConfigureAwait(false);
        await _origin.DisposeAsync().ConfigureAwait(false);
    }
}
