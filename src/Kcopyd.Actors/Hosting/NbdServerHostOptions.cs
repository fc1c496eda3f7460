using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Hosting;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// Options of a host's NBD server in code. Null leaves a limit to HOCON (<c>kcopyd.nbd.server</c>); a value takes precedence over HOCON added earlier, and
/// applies to every server of the system without settings of its own.
/// </summary>
public sealed class NbdServerHostOptions
{
    /// <inheritdoc cref="NbdServerOptions.EndPoints"/>
    public IList<EndPoint> EndPoints { get; } = [];

    /// <summary>
    /// Returns the exports to serve; called once when the system starts. Their devices may be created there, or taken from <c>system.Kcopyd().Devices</c>;
    /// the server does not own them. May be null: exports can be added to the server while it runs.
    /// </summary>
    public Func<ActorSystem, IEnumerable<NbdExport>>? Exports { get; set; }

    /// <summary>Names of devices in <c>system.Kcopyd().Devices</c> to serve under these names. If one is not registered by the time the system starts, the
    /// start of the host fails.</summary>
    public IList<string> Devices { get; } = [];

    /// <inheritdoc cref="NbdServerOptions.Tls"/>
    public NbdTls? Tls { get; set; }

    /// <inheritdoc cref="NbdServerOptions.RequireTls"/>
    public bool RequireTls { get; set; } = true;

    /// <inheritdoc cref="NbdServerOptions.AllowInsecureNetwork"/>
    public bool AllowInsecureNetwork { get; set; }

    /// <inheritdoc cref="NbdServerSettings.MaxConnections"/>
    public int? MaxConnections { get; set; }

    /// <inheritdoc cref="NbdServerSettings.HandshakeTimeout"/>
    public TimeSpan? HandshakeTimeout { get; set; }

    /// <inheritdoc cref="NbdServerSettings.MaxRequests"/>
    public int? MaxRequests { get; set; }

    /// <inheritdoc cref="NbdServerSettings.MaxIos"/>
    public int? MaxIos { get; set; }

    /// <inheritdoc cref="NbdServerSettings.PieceSize"/>
    public int? PieceSize { get; set; }

    /// <inheritdoc cref="NbdServerSettings.MaxBytes"/>
    public long? MaxBytes { get; set; }

    /// <inheritdoc cref="NbdServerSettings.DrainTimeout"/>
    public TimeSpan? DrainTimeout { get; set; }

    /// <inheritdoc cref="NbdServerSettings.DeviceTimeout"/>
    public TimeSpan? DeviceTimeout { get; set; }

    /// <inheritdoc cref="NbdServerSettings.KeepAlive"/>
    public TimeSpan? KeepAlive { get; set; }

    /// <inheritdoc cref="NbdServerSettings.Dispatcher"/>
    public string? Dispatcher { get; set; }

    /// <summary>Renders the limits that are set as HOCON.</summary>
    /// <returns>Empty if no limit is set.</returns>
    internal Config ToConfig() => new SettingsText()
        .Add(MaxConnections)
        .Add(HandshakeTimeout)
        .Add(MaxRequests)
        .Add(MaxIos)
        .Add(PieceSize)
        .Add(MaxBytes)
        .Add(DrainTimeout)
        .Add(DeviceTimeout)
        .Add(KeepAlive)
        .Add(Dispatcher)
        .At(NbdServerSettings.Section);

    internal NbdServerOptions ToOptions(ActorSystem system, string name) => new()
    {
        EndPoints = [.. EndPoints],
        Exports = [.. Exports?.Invoke(system) ?? [], .. Devices.Select(device => Registered(system, device))],
        Tls = Tls,
        RequireTls = RequireTls,
        AllowInsecureNetwork = AllowInsecureNetwork,
        Name = name,
    };

    private static NbdExport Registered(ActorSystem system, string name) => system.Kcopyd().Devices.TryGet(name, out var device)
        ? new NbdExport(name, device)
        : throw new InvalidOperationException($"No device '{name}' is registered, so it cannot be served: add its origin before AddNbdServer, "
            + "register it in system.Kcopyd().Devices with a WithActors before WithKcopyd, or create its export with Exports.");
}
