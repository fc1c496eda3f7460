using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors;

/// <summary>What an actor system keeps for Kcopyd: the settings, the devices by name, shared throttles. Any thread may use it.</summary>
public sealed class KcopydExtension : IExtension
{
    private long _unnamed;

    internal KcopydExtension(ExtendedActorSystem system)
    {
        system.Settings.InjectTopLevelFallback(DefaultConfig());
        Settings = KcopydSettings.FromConfig(system.Settings.Config.GetConfig("kcopyd.client"));
    }

    /// <summary>The settings of <c>kcopyd.client</c>: what clients get that are created without their own.</summary>
    public KcopydSettings Settings { get; }

    /// <summary>The devices of this node by name.</summary>
    public DeviceRegistry Devices { get; } = new();

    /// <summary>The embedded <c>reference.conf</c>.</summary>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource<KcopydExtension>("Kcopyd.Actors.reference.conf");

    internal KcopydClient Create(IActorRefFactory factory, ActorSystem system, string? name, KcopydSettings? settings, KcopydThrottle? throttle)
    {
        var own = (settings ?? Settings).Checked();
        name ??= "kcopyd-" + Interlocked.Increment(ref _unnamed).ToString(CultureInfo.InvariantCulture);
        var core = new ClientCore(name, own, throttle ?? new KcopydThrottle(own.ThrottlePercent, own.BytesPerSecond), Logging.GetLogger(system, typeof(KcopydClient)));
        core.Actor = factory.ActorOf(ClientActor.Props(core, Devices), name);
        return new KcopydClient(core);
    }
}

/// <summary>Makes the extension.</summary>
public sealed class KcopydExtensionProvider : ExtensionIdProvider<KcopydExtension>
{
    /// <summary>The one that is needed.</summary>
    public static KcopydExtensionProvider Instance { get; } = new();

    /// <inheritdoc/>
    public override KcopydExtension CreateExtension(ExtendedActorSystem system) => new(system);
}

/// <summary>Where Kcopyd begins in an Akka.NET application.</summary>
public static class KcopydExtensions
{
    /// <summary>The system's Kcopyd extension; its settings are read and checked on first use.</summary>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public static KcopydExtension Kcopyd(this ActorSystem system) => KcopydExtensionProvider.Instance.Apply(system);

    /// <summary>Creates a client: of the system, or, on an actor's context, as a child of that actor.</summary>
    /// <param name="factory">An <see cref="ActorSystem"/>, or the <see cref="IActorContext"/> of an actor (on that actor's thread only).</param>
    /// <param name="name">The actor's name; made up if null.</param>
    /// <param name="settings">Its own settings, usually <c>system.Kcopyd().Settings with { … }</c>; the system's if null.</param>
    /// <param name="throttle">A throttle shared with other clients; its own if null.</param>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    /// <exception cref="InvalidActorNameException">The name is taken or not valid.</exception>
    public static KcopydClient CreateKcopydClient(this IActorRefFactory factory, string? name = null, KcopydSettings? settings = null, KcopydThrottle? throttle = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        var system = factory switch
        {
            ActorSystem itself => itself,
            IActorContext context => context.System,
            _ => throw new ArgumentException("Give an ActorSystem or an actor's context.", nameof(factory)),
        };
        return system.Kcopyd().Create(factory, system, name, settings, throttle);
    }
}
