using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Configuration;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Dispatch;
using Kcopyd.Actors.Hosting;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors;

/// <summary>What an actor system keeps for Kcopyd: the settings, its own clients, the devices by name. Any thread may use it.</summary>
public sealed class KcopydExtension : IExtension
{
    /// <summary>The name of the client that a host has if it names none.</summary>
    public const string DefaultClientName = "kcopyd";

    private const string ClientSection = "kcopyd.client";

    private readonly ExtendedActorSystem _system;
    private readonly Lock _creating = new();
    private readonly Dictionary<string, KcopydClient> _clients = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<ClientCore, ClientCore> _replaced = [];

    internal KcopydExtension(ExtendedActorSystem system)
    {
        _system = system;
        system.Settings.InjectTopLevelFallback(DefaultConfig());
        RequireKnownKeys(system.Settings.Config);
        Settings = KcopydSettings.From(ConfigSection.Of(system.Settings.Config, ClientSection));
    }

    /// <summary>The settings of <c>kcopyd.client</c>: what clients get for which nothing else is configured.</summary>
    public KcopydSettings Settings { get; }

    /// <summary>The devices of this node by name.</summary>
    public DeviceRegistry Devices { get; } = new();

    /// <summary>The embedded <c>reference.conf</c>.</summary>
    public static Config DefaultConfig() => Defaults.Value;

    // Parsed once: it takes longer than a short job.
    private static readonly Lazy<Config> Defaults = new(static () => ConfigurationFactory.FromResource<KcopydExtension>("Kcopyd.Actors.reference.conf"));

    /// <summary>
    /// The system's own client of that name, shared by all who ask: created on first use, destroyed when the system shuts down (it
    /// then has as long as the phase <see cref="CoordinatedShutdown.PhaseBeforeActorSystemTerminate"/> has).
    /// </summary>
    /// <param name="name">The actor's name.</param>
    /// <exception cref="ConfigurationException">A setting of the client is outside its range.</exception>
    /// <exception cref="InvalidActorNameException">The name is not valid, or another actor has it.</exception>
    public KcopydClient GetClient(string name = DefaultClientName)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (_creating)
        {
            if (!_clients.TryGetValue(name, out var client))
            {
                _clients[name] = client = new KcopydClient(CreateCore(_system, _system, name, null, null, isShared: true, after: null), Replace);
                ClientShutdown.Register(_system, client);
            }
            return client;
        }
    }

    /// <summary>The settings of a client: those of <c>kcopyd.clients.NAME</c>, and of <c>kcopyd.client</c> for what is not set there.</summary>
    /// <param name="name">The client's name.</param>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public KcopydSettings SettingsOf(string name)
    {
        var path = SectionOf(name);
        var config = _system.Settings.Config;
        return config.HasPath(path) ? KcopydSettings.From(ConfigSection.Of(config, path, ClientSection)) : Settings;
    }

    internal static string SectionOf(string name) => $"kcopyd.clients.\"{name}\"";

    internal KcopydClient Create(IActorRefFactory factory, ActorSystem system, string? name, KcopydSettings? settings, KcopydThrottle? throttle) =>
        new(CreateCore(factory, system, name, settings, throttle, isShared: false, after: null));

    /// <summary>The actor of a shared client was stopped from outside, or failed: users of the handle get a new one, unless the system is ending.</summary>
    private ClientCore Replace(ClientCore gone)
    {
        lock (_creating)
        {
            if (_replaced.TryGetValue(gone, out var other))
                return other.Gate.IsGone ? Replace(other) : other;
            if (_system.WhenTerminated.IsCompleted || CoordinatedShutdown.Get(_system).ShutdownReason is not null)
                return gone;
            try
            {
                var core = CreateCore(_system, _system, gone.Name, null, gone.Throttle, isShared: true, after: gone);
                _replaced.AddOrUpdate(gone, core);
                return core;
            }
            catch (Exception ending) when (ending is InvalidOperationException or InvalidActorNameException)
            {
                return gone;    // the system ends at this moment, or the dead actor's name is not free yet: the next call tries again
            }
        }
    }

    private ClientCore CreateCore(IActorRefFactory factory, ActorSystem system, string? name, KcopydSettings? settings, KcopydThrottle? throttle, bool isShared, ClientCore? after)
    {
        var own = settings?.Checked() ?? (name is null ? Settings : SettingsOf(name));
        var section = settings is null && name is not null ? SectionOf(name) : null;
        RequireDispatcher(section, "dispatcher", own.Dispatcher);
        RequireDispatcher(section, "worker-dispatcher", own.WorkerDispatcher);  // else the first job would find out
        name ??= ActorNames.Next("kcopyd-client");
        var core = new ClientCore(name, own, throttle ?? new KcopydThrottle(own.ThrottlePercent, own.BytesPerSecond), Logging.GetLogger(system, typeof(KcopydClient)), after) { IsShared = isShared };
        core.Actor = factory.ActorOf(ClientActor.Props(core, Devices), name);
        return core;
    }

    // Every section that the defaults have, and what is set for clients by their names.
    private static void RequireKnownKeys(Config config)
    {
        var defaults = DefaultConfig();
        ConfigSection.RequireKnownKeys(config, "kcopyd", [.. ConfigSection.Keys(defaults, "kcopyd"), "clients"]);
        foreach (var path in new[] { ClientSection, "kcopyd.snapshots", "kcopyd.nbd", "kcopyd.nbd.server" })
            ConfigSection.RequireKnownKeys(config, path, [.. ConfigSection.Keys(defaults, path)]);
        foreach (var name in ConfigSection.Keys(config, "kcopyd.clients"))
            ConfigSection.RequireKnownKeys(config, SectionOf(name), [.. ConfigSection.Keys(defaults, ClientSection)]);
    }

    private void RequireDispatcher(string? section, string key, string id)
    {
        if (_system.Dispatchers.HasDispatcher(id))
        {
            if (_system.Settings.Config.HasPath(id))
                EngineThreadsConfigurator.Check(_system.Settings.Config.GetConfig(id), id);
            return;
        }
        var path = section is not null && _system.Settings.Config.HasPath($"{section}.{key}") ? section : ClientSection;
        throw new ConfigurationException($"{path}.{key} = {id}: must be the path of a dispatcher's section.");
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
    /// <param name="settings">Its own settings, usually <c>system.Kcopyd().Settings with { … }</c>; if null, those configured for its name.</param>
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
