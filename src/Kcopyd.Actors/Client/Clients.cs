using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Kcopyd.Actors.Configuration;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Client;

/// <summary>Creates the clients of an actor system, and keeps those that the system shares by name. Thread-safe.</summary>
internal sealed class Clients
{
    /// <summary>The section whose settings apply to every client without settings of its own.</summary>
    public const string Section = "kcopyd.client";

    private readonly ExtendedActorSystem _system;
    private readonly DeviceRegistry _devices;
    private readonly Completions _completions;
    private readonly Lock _creating = new();
    private readonly Dictionary<string, KcopydClient> _shared = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<ClientCore, ClientCore> _replaced = [];

    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public Clients(ExtendedActorSystem system, DeviceRegistry devices, Completions completions)
    {
        _system = system;
        _devices = devices;
        _completions = completions;
        Settings = KcopydSettings.From(ConfigSection.Of(system.Settings.Config, Section));
    }

    /// <summary>The settings of <see cref="Section"/>.</summary>
    public KcopydSettings Settings { get; }

    public static string SectionOf(string name) => $"kcopyd.clients.\"{name}\"";

    public KcopydSettings SettingsOf(string name)
    {
        var path = SectionOf(name);
        var config = _system.Settings.Config;
        return config.HasPath(path) ? KcopydSettings.From(ConfigSection.Of(config, path, Section)) : Settings;
    }

    /// <summary>The system's own client of that name, created on first use.</summary>
    public KcopydClient Shared(string name)
    {
        lock (_creating)
        {
            if (!_shared.TryGetValue(name, out var client))
            {
                _shared[name] = client = new KcopydClient(CreateCore(_system, name, null, null, isShared: true, after: null), Replace);
                ClientShutdown.Register(_system, client);
            }
            return client;
        }
    }

    /// <summary>Waits until the system's shared clients are destroyed, at most for a timeout: <see cref="ClientShutdown"/> reports those that take
    /// longer.</summary>
    public async Task WaitUntilSharedAreClosedAsync(TimeSpan timeout)
    {
        Task closed;
        lock (_creating)
            closed = Task.WhenAll(_shared.Values.Select(static client => client.CloseAsync()));
        // What the clients still wait for need not concern what the caller closes next.
        await _system.Scheduler.EndsWithinAsync(closed, timeout, _completions).ConfigureAwait(false);
    }

    /// <summary>Creates a client that is not shared; the factory creates its actor.</summary>
    public KcopydClient Create(IActorRefFactory factory, string? name, KcopydSettings? settings, KcopydThrottle? throttle) =>
        new(CreateCore(factory, name, settings, throttle, isShared: false, after: null));

    /// <summary>Replaces the actor of a shared client that failed or was stopped from outside, unless the system is terminating.</summary>
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
                var core = CreateCore(_system, gone.Name, null, gone.Throttle, isShared: true, after: gone);
                _replaced.AddOrUpdate(gone, core);
                return core;
            }
            catch (Exception ending) when (ending is InvalidOperationException or InvalidActorNameException)
            {
                return gone;    // the system is terminating, or the dead actor's name is not free yet: the next call retries
            }
        }
    }

    private ClientCore CreateCore(
        IActorRefFactory factory, string? name, KcopydSettings? settings, KcopydThrottle? throttle, bool isShared, ClientCore? after)
    {
        var own = settings?.Checked() ?? (name is null ? Settings : SettingsOf(name));
        var section = settings is null && name is not null ? SectionOf(name) : null;
        RequireDispatcher(section, "dispatcher", own.Dispatcher);
        RequireDispatcher(section, "worker-dispatcher", own.WorkerDispatcher);  // otherwise the first job would fail
        name ??= ActorNames.Next("kcopyd-client");
        var limits = throttle ?? new KcopydThrottle(own.ThrottlePercent, own.BytesPerSecond);
        var core = new ClientCore(name, own, limits, Logging.GetLogger(_system, typeof(KcopydClient)), _system.Scheduler, Elsewhere(own.Dispatcher), after)
        {
            IsShared = isShared,
        };
        core.Actor = factory.ActorOf(ClientActor.Props(core, _devices), name);
        return core;
    }

    /// <exception cref="ConfigurationException">The dispatcher does not exist.</exception>
    public Elsewhere Elsewhere(string dispatcher) => new(_system.Dispatchers.Lookup(dispatcher).Schedule, _completions);

    private void RequireDispatcher(string? section, string key, string id)
    {
        if (_system.Dispatchers.HasDispatcher(id))
        {
            if (_system.Settings.Config.HasPath(id))
                EngineThreadsConfigurator.Check(_system.Settings.Config.GetConfig(id), id);
            return;
        }
        var path = section is not null && _system.Settings.Config.HasPath($"{section}.{key}") ? section : Section;
        throw new ConfigurationException($"{path}.{key} = {id}: must be the path of a dispatcher's section.");
    }
}
