using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Hosting;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// An NBD server of a host, in code. Limits that are null are left to HOCON (<c>kcopyd.nbd.server</c>); what is set goes before HOCON that was added
/// earlier, and holds for every server of the system that has no others.
/// </summary>
public sealed class NbdServerHostOptions
{
    /// <inheritdoc cref="NbdServerOptions.EndPoints"/>
    public IList<EndPoint> EndPoints { get; } = [];

    /// <summary>
    /// What is served, asked for once when the system starts: exports of devices that you make there, or that are in <c>system.Kcopyd().Devices</c>.
    /// The devices stay yours. May be null: exports can be added to the server while it runs.
    /// </summary>
    public Func<ActorSystem, IEnumerable<NbdExport>>? Exports { get; set; }

    /// <summary>Names of devices in <c>system.Kcopyd().Devices</c> that are served under these names. One that is not registered by the time the
    /// system starts fails the start of the host.</summary>
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
    /// <returns>Empty if none is.</returns>
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
        : throw new InvalidOperationException($"No device '{name}' is registered, so it cannot be served: add its origin before AddNbdServer, register it in system.Kcopyd().Devices by a WithActors before WithKcopyd, or make its export by Exports.");
}
