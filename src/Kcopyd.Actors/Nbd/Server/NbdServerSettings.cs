using Akka.Configuration;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Nbd;

/// <summary>The limits of a server, from <c>kcopyd.nbd.server</c>: what a client may ask for before it has to wait.</summary>
public sealed record NbdServerSettings
{
    internal const string Section = "kcopyd.nbd.server";

    /// <summary>Connections at once. A client beyond that waits for its greeting until another one leaves; the log says so.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>How long a client may take from the connection to the end of the negotiation, TLS included.</summary>
    public required TimeSpan HandshakeTimeout { get; init; }

    /// <summary>Requests of one connection at work at once. It is read on when one is answered.</summary>
    public required int MaxRequests { get; init; }

    /// <summary>I/Os of one connection on the device at once. A request longer than <see cref="PieceSize"/> is more than one.</summary>
    public required int MaxIos { get; init; }

    /// <summary>Bytes of the pieces in which long requests are transferred: a power of two from 64 KiB to 4 MiB. So much every connection has for
    /// itself.</summary>
    public required int PieceSize { get; init; }

    /// <summary>Bytes that all connections share beyond their own piece. Whoever finds none left waits in the order of asking.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>How long a server that stops waits for requests that are at work, and for clients to take their answers.</summary>
    public required TimeSpan DrainTimeout { get; init; }

    /// <summary>
    /// How long a server that stops waits, after that, for its devices: for requests of clients that it has disconnected, and for the flushes. So long, too,
    /// <see cref="NbdServer.RemoveExportAsync"/> waits for requests in a device.
    /// </summary>
    public required TimeSpan DeviceTimeout { get; init; }

    /// <summary>How long a TCP client may be silent before the kernel asks whether it is still there; one that does not answer for as long again is
    /// disconnected. Zero never asks: a client that vanished without a word then keeps its connection.</summary>
    public required TimeSpan KeepAlive { get; init; }

    /// <summary>Path of the dispatcher on which connections run, and the calls of their devices that may block.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Reads and checks a section.</summary>
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
        ConfigSection.Require(HandshakeTimeout > TimeSpan.Zero && HandshakeTimeout <= TimeSpan.FromHours(1), Section, HandshakeTimeout, "more than 0 and at most an hour");
        ConfigSection.Require(MaxRequests is >= 1 and <= 1 << 16, Section, MaxRequests, "1 to 65536");
        ConfigSection.Require(MaxIos is >= 1 and <= 1 << 12, Section, MaxIos, "1 to 4096");
        ConfigSection.Require(PieceSize is >= 64 << 10 and <= 4 << 20 && int.IsPow2(PieceSize), Section, PieceSize, "a power of two from 64 KiB to 4 MiB");
        // The largest request that a client without structured replies may read is held whole.
        ConfigSection.Require(MaxBytes >= Protocol.NbdNumbers.LargestPayload, Section, MaxBytes, "at least 32 MiB, one request of the largest size");
        ConfigSection.Require(DrainTimeout >= TimeSpan.Zero && DrainTimeout <= TimeSpan.FromHours(1), Section, DrainTimeout, "0 to an hour");
        ConfigSection.Require(DeviceTimeout > TimeSpan.Zero && DeviceTimeout <= TimeSpan.FromHours(1), Section, DeviceTimeout, "more than 0 and at most an hour");
        ConfigSection.Require(KeepAlive == TimeSpan.Zero || (KeepAlive >= TimeSpan.FromSeconds(1) && KeepAlive <= TimeSpan.FromHours(2)), Section, KeepAlive, "0, or 1 second to 2 hours");
        return this;
    }
}
