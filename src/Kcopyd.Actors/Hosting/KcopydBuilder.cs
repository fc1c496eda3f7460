using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Hosting;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Microsoft.Extensions.Logging;

namespace Kcopyd.Actors;

/// <summary>Configures what Kcopyd starts with a host, in the order of the calls: <see cref="KcopydHostingExtensions.WithKcopyd"/>.</summary>
public sealed class KcopydBuilder
{
    private readonly AkkaConfigurationBuilder _akka;
    private readonly List<string> _clients = [KcopydExtension.DefaultClientName];
    private readonly List<string> _mirrors = [];
    private bool _hasNbdServer;
    private (TimeSpan? Timeout, TimeSpan? SlowIo)? _healthChecks;

    internal KcopydBuilder(AkkaConfigurationBuilder akka)
    {
        // A second WithKcopyd, from a library for example, finds the same client already registered.
        _akka = akka.WithActors(static (system, registry) => registry.TryRegister<KcopydClient>(system.Kcopyd().GetClient().Actor));
    }

    /// <summary>Changes settings of <c>kcopyd.client</c>, which apply to every client of the system without settings of its own.</summary>
    public KcopydBuilder ConfigureClients(Action<KcopydOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Configure(Clients.Section, configure);
    }

    /// <summary>Starts another client with its own name, settings and registry key.</summary>
    /// <typeparam name="TKey">The key of its actor: <c>IRequiredActor&lt;TKey&gt;</c>. Any type.</typeparam>
    /// <param name="name">The actor's name.</param>
    /// <param name="configure">Changes settings of <c>kcopyd.clients.NAME</c>, which apply to this client.</param>
    /// <remarks>A setting outside its range, or a key that is taken, makes the start of the host fail.</remarks>
    public KcopydBuilder AddClient<TKey>(string name, Action<KcopydOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _clients.Add(name);
        _akka.WithActors((system, registry) => registry.Register<TKey>(system.Kcopyd().GetClient(name).Actor));
        return configure is null ? this : Configure(Clients.SectionOf(name), configure);
    }

    /// <summary>
    /// Makes a device a snapshot origin. The origin and each of its snapshots are registered by name in <c>system.Kcopyd().Devices</c>, where
    /// <see cref="DeviceRegistry.Get{TDevice}"/> and <see cref="NbdServerHostOptions.Devices"/> find them. When the host stops, the origin is closed after
    /// the NBD server and the clients, and its devices are disposed.
    /// </summary>
    /// <param name="name">The name of the origin, and of its actor.</param>
    /// <param name="open">Opens the device when the system starts.</param>
    /// <param name="configure">Adds snapshots.</param>
    /// <remarks>If a device or a store cannot be opened, the start of the host fails with the exception that gives the reason.</remarks>
    public KcopydBuilder AddOrigin(string name, Func<ActorSystem, IBlockDevice> open, Action<OriginHostOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(open);
        var options = new OriginHostOptions();
        configure?.Invoke(options);
        _akka.WithActors((system, _, resolver) => HostedOrigin.StartAsync(system, name, open, options, resolver.GetService<ILogger<SnapshotOrigin>>()));
        return this;
    }

    /// <summary>
    /// Opens a mirror, which is registered by name in <c>system.Kcopyd().Devices</c>, where <see cref="DeviceRegistry.Get{TDevice}"/> and
    /// <see cref="NbdServerHostOptions.Devices"/> find it. When the host stops, the mirror is closed after the NBD server and the clients, and its legs and its
    /// log are disposed.
    /// </summary>
    /// <param name="name">The name of the mirror, and of its actor.</param>
    /// <param name="open">Opens the legs when the system starts, in their order; null for one that is missing.</param>
    /// <param name="options">Returns the options, with the device of the log.</param>
    /// <remarks>If the mirror cannot be opened, the start of the host fails with the exception that gives the reason. Whether it is opened before or after the
    /// NBD server follows the order of the calls.</remarks>
    public KcopydBuilder AddMirror(string name, Func<ActorSystem, IReadOnlyList<IBlockDevice?>> open, Func<ActorSystem, MirrorOptions> options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(options);
        _mirrors.Add(name);
        _akka.WithActors((system, _, resolver) => HostedMirror.StartAsync(system, name, open, options, resolver.GetService<ILogger<Mirror>>()));
        return this;
    }

    /// <summary>
    /// Starts an NBD server. When the host stops, the server answers outstanding requests, disconnects the clients and flushes the devices. Its actor is
    /// registered under <see cref="NbdServer"/>. The handle is <c>system.Kcopyd().HostedNbdServer()</c>, or is injected after
    /// <see cref="KcopydHostingExtensions.AddKcopyd"/>.
    /// </summary>
    /// <param name="configure">Sets where it listens and what it serves.</param>
    /// <remarks>The start of the host fails if the server cannot listen on an address (<see cref="NbdListenException"/>), a certificate is not valid
    /// (<see cref="NbdException"/>), options contradict each other (<see cref="ArgumentException"/>) or a limit is outside its range
    /// (<see cref="ConfigurationException"/>). A system has one such server; <see cref="KcopydExtension.StartNbdServer"/> starts others.</remarks>
    public KcopydBuilder AddNbdServer(Action<NbdServerHostOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new NbdServerHostOptions();
        configure(options);
        Prepend(options.ToConfig());
        _hasNbdServer = true;
        _akka.WithActors((system, registry, resolver) =>
            registry.Register<NbdServer>(system.Kcopyd().HostedNbdServer().Start(options, resolver.GetService<ILogger<NbdServer>>()).Actor));
        return this;
    }

    /// <summary>
    /// Adds health checks of the clients, mirrors and the NBD server of this builder. For each client: <c>kcopyd.NAME.ready</c>, tagged <c>ready</c>: it
    /// accepts work (it is not being destroyed, and has room for a job and a prepared callback). <c>kcopyd.NAME.liveness</c>, tagged <c>liveness</c>: its
    /// actor answers, so no callback blocks it. <c>kcopyd.NAME.io</c>, tagged <c>io</c>: no piece of a job has been in flight for longer than <paramref
    /// name="slowIo"/>, so no device hangs. For the server: <c>kcopyd.nbd.ready</c>: it is listening and has room for another connection.
    /// <c>kcopyd.nbd.liveness</c>: its actor answers. For each mirror: <c>kcopyd.NAME.mirror</c>, degraded while a leg or the log has failed, or recovery
    /// runs.
    /// </summary>
    /// <param name="timeout">The time within which an actor must answer; 5 s by default.</param>
    /// <param name="slowIo">The time within which a device must complete a piece of at most <c>sub-job-size</c>; 30 s by default.</param>
    /// <remarks>The host runs the checks if it calls <c>services.AddHealthChecks()</c>.</remarks>
    public KcopydBuilder AddHealthChecks(TimeSpan? timeout = null, TimeSpan? slowIo = null)
    {
        _healthChecks = (timeout, slowIo);
        return this;
    }

    internal void Complete()
    {
        if (_healthChecks is not var (timeout, slowIo))
            return;
        foreach (var client in _clients)
            ClientHealthChecks.Add(_akka, client, timeout, slowIo);
        foreach (var mirror in _mirrors)
            MirrorHealthChecks.Add(_akka, mirror, timeout);
        if (_hasNbdServer)
            NbdServerHealthChecks.Add(_akka, timeout);
    }

    private KcopydBuilder Configure(string section, Action<KcopydOptions> configure)
    {
        var options = new KcopydOptions();
        configure(options);
        return Prepend(options.ToConfig(section));
    }

    private KcopydBuilder Prepend(Config config)
    {
        if (!config.IsEmpty)
            _akka.AddHocon(config, HoconAddMode.Prepend);
        return this;
    }
}
