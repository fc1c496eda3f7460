using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Configuration;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Where snapshots begin in an Akka.NET application.</summary>
public static class SnapshotExtensions
{
    /// <summary>Makes the origin of snapshots out of a device: of the system, or, on an actor's context, as a child of that actor.</summary>
    /// <param name="factory">An <see cref="ActorSystem"/>, or the <see cref="IActorContext"/> of an actor (on that actor's thread only).</param>
    /// <param name="device">The device; its length is a multiple of 512 bytes. From now on it is written through the origin only.</param>
    /// <param name="name">The actor's name; made up if null.</param>
    /// <param name="leaveOpen">False, the default, if closing the origin disposes the device.</param>
    /// <param name="identity">What tells the device from others; null takes <see cref="OriginIdentity.Of"/>, which knows files and block devices.</param>
    /// <exception cref="ArgumentException">The device has no size, or a partial last sector.</exception>
    /// <exception cref="InvalidActorNameException">The name is taken or not valid.</exception>
    /// <exception cref="Akka.Configuration.ConfigurationException">A setting is outside its range.</exception>
    public static SnapshotOrigin CreateSnapshotOrigin(this IActorRefFactory factory, IBlockDevice device, string? name = null, bool leaveOpen = false, OriginIdentity? identity = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(device);
        if (device.Length == long.MaxValue || (device.Length & (IoRegion.SectorSize - 1)) != 0)
            throw new ArgumentException($"{device.Name} has {(device.Length == long.MaxValue ? "no size" : $"{device.Length} bytes, no multiple of 512")}: it cannot be the origin of snapshots. Take a range of it.", nameof(device));
        var system = factory switch
        {
            ActorSystem itself => itself,
            IActorContext context => context.System,
            _ => throw new ArgumentException("Give an ActorSystem or an actor's context.", nameof(factory)),
        };
        _ = system.Kcopyd();
        var settings = SnapshotSettings.From(ConfigSection.Of(system.Settings.Config, SnapshotSettings.Section));
        name ??= ActorNames.Next("kcopyd-origin");
        var core = new OriginCore(name, device, settings, identity ?? OriginIdentity.Of(device));
        core.Actor = factory.ActorOf(OriginActor.Props(core), name);
        return new SnapshotOrigin(core, leaveOpen);
    }
}
