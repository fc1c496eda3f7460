using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Configuration;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors;

/// <summary>
/// The entry point to everything in this library that has an actor: clients, snapshot origins, mirrors, NBD servers and devices, and the
/// devices of this node by name.
/// </summary>
/// <remarks>
/// <c>system.Kcopyd()</c> creates top-level actors and may be used on any thread; <c>Context.Kcopyd()</c> creates children of an actor, and its
/// <c>Create…</c>, <c>Start…</c> and <c>Open…</c> methods may be called on that actor's thread only. Both share the same settings, clients by name, and
/// devices.
/// </remarks>
public sealed class KcopydExtension : IExtension
{
    /// <summary>The name of the default client.</summary>
    public const string DefaultClientName = "kcopyd";

    // Parsed once: parsing takes longer than a short job.
    private static readonly Lazy<Config> Defaults = new(static () => ConfigurationFactory.FromResource<KcopydExtension>("Kcopyd.Actors.reference.conf"));

    private readonly ActorSystem _system;
    private readonly IActorRefFactory _parent;

    internal KcopydExtension(ExtendedActorSystem system)
    {
        system.Settings.InjectTopLevelFallback(DefaultConfig());
        RequireKnownKeys(system.Settings.Config);
        _system = system;
        _parent = system;
        Completions = Completions.Of(system);
        Clients = new Clients(system, Devices, Completions);
    }

    private KcopydExtension(KcopydExtension shared, IActorContext parent)
    {
        _system = shared._system;
        _parent = parent;
        Completions = shared.Completions;
        Clients = shared.Clients;
        Devices = shared.Devices;
    }

    /// <summary>The settings of <c>kcopyd.client</c>, which apply to every client without settings of its own.</summary>
    public KcopydSettings Settings => Clients.Settings;

    internal ActorSystem System => _system;

    /// <summary>Where the tasks complete that callers await.</summary>
    internal Completions Completions { get; }

    internal Clients Clients { get; }

    /// <summary>The devices of this node by name.</summary>
    public DeviceRegistry Devices { get; } = new();

    /// <summary>The embedded <c>reference.conf</c>.</summary>
    public static Config DefaultConfig() => Defaults.Value;

    /// <summary>
    /// Gets the system's own client of that name, shared by all callers: created on first use, destroyed when the system shuts down (within the timeout of
    /// the phase <see cref="CoordinatedShutdown.PhaseBeforeActorSystemTerminate"/>).
    /// </summary>
    /// <param name="name">The actor's name.</param>
    /// <exception cref="ConfigurationException">A setting of the client is outside its range.</exception>
    /// <exception cref="InvalidActorNameException">The name is not valid, or is taken.</exception>
    public KcopydClient GetClient(string name = DefaultClientName)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Clients.Shared(name);
    }

    /// <summary>Gets the settings of a client: those of <c>kcopyd.clients.NAME</c>, with those of <c>kcopyd.client</c> as the fallback.</summary>
    /// <param name="name">The client's name.</param>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public KcopydSettings SettingsOf(string name) => Clients.SettingsOf(name);

    /// <summary>Creates a client, which the caller must destroy.</summary>
    /// <param name="name">The actor's name; generated if null.</param>
    /// <param name="settings">The client's settings, usually <c>system.Kcopyd().Settings with { … }</c>; if null, those configured for its name.</param>
    /// <param name="throttle">A throttle shared with other clients; if null, the client gets its own.</param>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    /// <exception cref="InvalidActorNameException">The name is taken or not valid.</exception>
    public KcopydClient CreateClient(string? name = null, KcopydSettings? settings = null, KcopydThrottle? throttle = null) =>
        Clients.Create(_parent, name, settings, throttle);

    /// <summary>Makes a device a snapshot origin.</summary>
    /// <param name="device">The device; its length must be a multiple of 512 bytes. From now on, write to it only through the origin.</param>
    /// <param name="name">The actor's name; generated if null.</param>
    /// <param name="leaveOpen">False, the default, if closing the origin disposes the device.</param>
    /// <param name="identity">Identifies the device; null uses <see cref="OriginIdentity.Of"/>, which supports files and block devices.</param>
    /// <exception cref="ArgumentException">The device has no size, or a partial last sector.</exception>
    /// <exception cref="InvalidActorNameException">The name is taken or not valid.</exception>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public SnapshotOrigin CreateSnapshotOrigin(IBlockDevice device, string? name = null, bool leaveOpen = false, OriginIdentity? identity = null) =>
        SnapshotOrigin.Create(_parent, Clients, SnapshotSettings.From(Section(SnapshotSettings.Section)), device, name, leaveOpen, identity);

    /// <summary>Opens or creates a mirror: a device that keeps its content on several others.</summary>
    /// <param name="legs">The devices, in the order in which the mirror was created; null for one that is missing. From now on, write to them only through the
    /// mirror. If the mirror cannot be opened, the caller keeps them.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">A device cannot be a leg, the log is on a leg, or the options contradict each other.</exception>
    /// <exception cref="MirrorLogException">The log cannot be used or created, or it was made for another mirror.</exception>
    /// <exception cref="InvalidActorNameException">The name is taken or not valid.</exception>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public Task<Mirror> OpenMirrorAsync(IReadOnlyList<IBlockDevice?> legs, MirrorOptions options)
    {
        ArgumentNullException.ThrowIfNull(legs);
        ArgumentNullException.ThrowIfNull(options);
        return Mirror.OpenAsync(_parent, Clients, MirrorSettings.From(Section(MirrorSettings.Section)), legs, options);
    }

    /// <summary>Opens a clone: a device that reads like its source at once, and becomes a local copy of it.</summary>
    /// <param name="source">The device to copy, such as an NBD export; its length must be a multiple of 512 bytes. It is never written.</param>
    /// <param name="destination">The device that becomes the copy, at least as long as the source.</param>
    /// <param name="metadata">The device that records which regions are copied, in the kernel's format. If its first 4096 bytes are zero, it is
    /// formatted.</param>
    /// <param name="options">The options; null for the defaults. If the clone cannot be opened, the caller keeps the devices.</param>
    /// <exception cref="ArgumentException">The options contradict the devices.</exception>
    /// <exception cref="CloneMetadataException">The metadata cannot be used: it is damaged, too small or of another clone, or the device holds other
    /// data.</exception>
    /// <exception cref="InvalidActorNameException">The name is taken or not valid.</exception>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public Task<Clone> OpenCloneAsync(IBlockDevice source, IBlockDevice destination, IBlockDevice metadata, CloneOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(metadata);
        return CloneOpening.OpenAsync(_parent, Clients, new CloneDevices(source, destination, metadata), options ?? new CloneOptions(),
            CloneSettings.From(Section(CloneSettings.Section)));
    }

    /// <summary>Starts an NBD server: when this returns, clients can connect.</summary>
    /// <param name="options">Where to listen, and what to serve.</param>
    /// <exception cref="ArgumentException">The options contradict each other, an export cannot be served, a certificate is not currently valid, or an address
    /// that other machines can reach has no TLS.</exception>
    /// <exception cref="IOException">The server cannot listen on an address.</exception>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public NbdServer StartNbdServer(NbdServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return NbdServer.Start(_parent, Completions, options, options.Settings?.Checked() ?? NbdServerSettings.From(Section(NbdServerSettings.Section)));
    }

    /// <summary>Connects to an NBD server and opens an export as a device.</summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="NbdException">The server is unreachable, refuses, or violates the protocol; the message names it and the remedy.</exception>
    /// <exception cref="ArgumentException">The address has neither a host nor a socket, or both, or an option is outside its range.</exception>
    public Task<NbdBlockDevice> OpenNbdDeviceAsync(NbdUri uri, NbdClientOptions? options = null, CancellationToken cancellationToken = default) =>
        NbdBlockDevice.OpenAsync(_parent, _system, Completions, uri, options, cancellationToken);

    internal KcopydExtension For(IActorContext parent) => new(this, parent);

    private ConfigSection Section(string path) => ConfigSection.Of(_system.Settings.Config, path);

    // Every section that the defaults have, and the sections of clients by name.
    private static void RequireKnownKeys(Config config)
    {
        var defaults = DefaultConfig();
        ConfigSection.RequireKnownKeys(config, "kcopyd", [.. ConfigSection.Keys(defaults, "kcopyd"), "clients"]);
        string[] sections = [Clients.Section, SnapshotSettings.Section, MirrorSettings.Section, CloneSettings.Section, "kcopyd.nbd", NbdServerSettings.Section];
        foreach (var path in sections)
            ConfigSection.RequireKnownKeys(config, path, [.. ConfigSection.Keys(defaults, path)]);
        foreach (var name in ConfigSection.Keys(config, "kcopyd.clients"))
            ConfigSection.RequireKnownKeys(config, Clients.SectionOf(name), [.. ConfigSection.Keys(defaults, Clients.Section)]);
    }
}

/// <summary>Creates the extension.</summary>
public sealed class KcopydExtensionProvider : ExtensionIdProvider<KcopydExtension>
{
    /// <summary>The only instance.</summary>
    public static KcopydExtensionProvider Instance { get; } = new();

    /// <inheritdoc/>
    public override KcopydExtension CreateExtension(ExtendedActorSystem system) => new(system);
}

/// <summary>The entry points to Kcopyd in an Akka.NET application.</summary>
public static class KcopydExtensions
{
    /// <summary>Gets the system's Kcopyd extension; its settings are read and validated on first use.</summary>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public static KcopydExtension Kcopyd(this ActorSystem system) => KcopydExtensionProvider.Instance.Apply(system);

    /// <summary>Gets the extension for an actor: the actors that it creates are children of that actor. Use it only on the actor's thread.</summary>
    /// <exception cref="ConfigurationException">A setting is outside its range.</exception>
    public static KcopydExtension Kcopyd(this IActorContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.System.Kcopyd().For(context);
    }
}
