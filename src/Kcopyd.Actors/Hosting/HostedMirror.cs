using Akka.Actor;
using Kcopyd.Actors.Mirrors;
using Microsoft.Extensions.Logging;

namespace Kcopyd.Actors.Hosting;

/// <summary>A mirror that starts and ends with an actor system.</summary>
internal static class HostedMirror
{
    public static async Task StartAsync(
        ActorSystem system, string name, Func<ActorSystem, IReadOnlyList<IBlockDevice?>> open, Func<ActorSystem, MirrorOptions> configure, ILogger? log)
    {
        var legs = open(system);
        MirrorOptions? options = null;
        Mirror mirror;
        try
        {
            options = configure(system) with { Name = name, LeaveOpen = false };
            mirror = await system.Kcopyd().OpenMirrorAsync(legs, options).ConfigureAwait(false);
        }
        catch
        {
            foreach (var leg in legs.OfType<IBlockDevice>())
                await leg.DisposeAsync().ConfigureAwait(false);
            if (options?.Log is { } device)
                await device.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        system.Kcopyd().Devices.Register(name, mirror);
        HostedShutdown.Add(system, "mirror", name, async () =>
        {
            system.Kcopyd().Devices.Unregister(name);
            await mirror.FlushOrThrowAsync().ConfigureAwait(false);
            await mirror.DisposeAsync().ConfigureAwait(false);
        }, log);
    }
}
