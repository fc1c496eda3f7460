using Akka.Configuration;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Nbd;

/// <summary>The limits of a server, from <c>kcopyd.nbd.server</c>. A client that exceeds a limit on resources waits.</summary>
public sealed record NbdServerSettings
{
    internal const string Section = "kcopyd.nbd.server";

    /// <summary>Maximum number of concurrent connections. Further clients wait for the greeting until a connection ends; this is logged.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>Maximum time from the connection to the end of the negotiation, including TLS.</summary>
    public required TimeSpan HandshakeTimeout { get; init; }

    /// <summary>Maximum number of outstanding requests per connection. At the limit, the server reads no further requests until one is answered.</summary>
    public required int MaxRequests { get; init; }

    /// <summary>Maximum number of I/Os of one connection in flight on the device. A request longer than <see cref="PieceSize"/> takes several I/Os.</summary>
    public required int MaxIos { get; init; }

    /// <summary>Size in bytes of the pieces in which long requests are transferred: a power of two from 64 KiB to 4 MiB. Each connection has this much memory
    /// reserved for itself.</summary>
    public required int PieceSize { get; init; }

    /// <summary>Bytes of memory that all connections share, in addition to their reserved pieces. When it is exhausted, connections wait in FIFO
    /// order.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>How long a stopping server waits for outstanding requests, and for clients to read their replies.</summary>
    public required TimeSpan DrainTimeout { get; init; }

    /// <summary>
    /// How long a stopping server then waits for its devices: for requests of clients that it has disconnected, and for flushes.
    /// <see cref="NbdServer.RemoveExportAsync"/> waits as long for requests in a device.
    /// </summary>
    public required TimeSpan DeviceTimeout { get; init; }

    /// <summary>How long a TCP client may be idle before the kernel probes it. A client that does not respond for the same time again is disconnected. Zero
    /// disables the probes: a client that vanishes without closing its connection then keeps it.</summary>
    public required TimeSpan KeepAlive { get; init; }

    /// <summary>Configuration path of the dispatcher that runs the connections and the device calls that may block.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Reads and validates the section <c>kcopyd.nbd.server</c> of a configuration.</summary>
    /// <exception cref="ConfigurationException">A setting is outside its range; the message names it.</exception>
    public static NbdServerSettings FromConfig(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return From(new ConfigSection(config, Section));
    }

    internal static NbdServerSettings From(ConfigSection section) => new NbdServerSettings
    {
        MaxConnections = section.Int(nameof(MaxConnections)),
        HandshakeTimeout = section.Time(nameof(HandshakeTimeout)),
        MaxRequests = section.Int(nameof(MaxRequests)),
        MaxIos = section.Int(nameof(MaxIos)),
        PieceSize = section.Size(nameof(PieceSize)),
        MaxBytes = section.Bytes(nameof(MaxBytes)),
        DrainTimeout = section.Time(nameof(DrainTimeout)),
        DeviceTimeout = section.Time(nameof(DeviceTimeout)),
        KeepAlive = section.Time(nameof(KeepAlive)),
        Dispatcher = section.Text(nameof(Dispatcher)),
    }.Checked();

    internal NbdServerSettings Checked()
    {
        ConfigSection.Require(MaxConnections is >= 1 and <= 1 << 16, Section, MaxConnections, "1 to 65536");
        ConfigSection.Require(HandshakeTimeout > TimeSpan.Zero && HandshakeTimeout <= TimeSpan.FromHours(1), Section, HandshakeTimeout,
            "more than 0 and at most an hour");
        ConfigSection.Require(MaxRequests is >= 1 and <= 1 << 16, Section, MaxRequests, "1 to 65536");
        ConfigSection.Require(MaxIos is >= 1 and <= 1 << 12, Section, MaxIos, "1 to 4096");
        ConfigSection.Require(PieceSize is >= 64 << 10 and <= 4 << 20 && int.IsPow2(PieceSize), Section, PieceSize, "a power of two from 64 KiB to 4 MiB");
        // The largest read of a client without structured replies is held in memory whole.
        ConfigSection.Require(MaxBytes >= Protocol.NbdNumbers.MaxPayload, Section, MaxBytes, "at least 32 MiB, one request of the largest size");
        ConfigSection.Require(DrainTimeout >= TimeSpan.Zero && DrainTimeout <= TimeSpan.FromHours(1), Section, DrainTimeout, "0 to an hour");
        ConfigSection.Require(DeviceTimeout > TimeSpan.Zero && DeviceTimeout <= TimeSpan.FromHours(1), Section, DeviceTimeout,
            "more than 0 and at most an hour");
        ConfigSection.Require(KeepAlive == TimeSpan.Zero || (KeepAlive >= TimeSpan.FromSeconds(1) && KeepAlive <= TimeSpan.FromHours(2)), Section, KeepAlive,
            "0, or 1 second to 2 hours");
        return this;
    }
}
