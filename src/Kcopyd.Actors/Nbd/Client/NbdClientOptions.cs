using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd;

/// <summary>How <see cref="NbdBlockDevice"/> uses an export.</summary>
public sealed record NbdClientOptions
{
    /// <summary>The certificates for an <c>nbds://</c> address. Null uses the folder that the address names (<c>tls-certificates</c>) or, if it names none, the
    /// authorities that the machine trusts.</summary>
    public NbdTls? Tls { get; init; }

    /// <summary>Maximum number of connections, 1 to 16, if the server announces that they all see the same data (CAN_MULTI_CONN); otherwise 1.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How long one attempt to connect may take, including TLS and negotiation.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request may stay unanswered, from 10 ms to 20 days, or <see cref="Timeout.InfiniteTimeSpan"/>. A connection over which a request
    /// receives no answer in that time is abandoned, and its requests are sent again over others, or over a new one within <see cref="ReconnectLimit"/>. The
    /// limit is five times as long for flushes, trims and writes of zeroes, whose duration the client cannot know. The time begins when the requests before it
    /// are answered, so that a slow network does not count as a lost one. The default, 60 s, is what NFS uses for a reply over TCP: longer than a disk takes to
    /// give up on a bad sector.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long I/O waits for a lost server. After that the device fails permanently, with <see cref="IoError.NoDevice"/>; while no I/O waits, the
    /// search continues. Zero disables reconnecting.</summary>
    public TimeSpan ReconnectLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Maximum number of requests in flight per connection, 1 to 1024. Further requests wait.</summary>
    public int MaxRequests { get; init; } = 64;

    /// <summary>True to refuse writes even if the server accepts them.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Maximum bytes of writes that are kept from their acknowledgement to the next flush, to be written again after a server restart: see
    /// <see cref="NbdBlockDevice"/>. At half of the limit, the device flushes automatically, and writes that do not fit wait for that flush. At least 1 MiB, at
    /// most 1 GiB; or 0, which keeps nothing: then a flush after a restart fails if there was anything to lose.</summary>
    public long UnflushedLimit { get; init; } = 64 << 20;

    /// <summary>The path of the configuration section of the dispatcher that runs the device's actor.</summary>
    public string Dispatcher { get; init; } = "kcopyd.dispatcher";

    /// <summary>The clock of <see cref="NbdBlockDevice.QueryAsync"/> and <see cref="NbdBlockDevice.ListAsync"/>, which need no actor system. A device uses the
    /// scheduler of its actor system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How connections are made; with the machine's sockets by default.</summary>
    internal ITransport Transport { get; init; } = SocketTransport.Instance;

    internal NbdClientOptions Checked()
    {
        Require(Connections is >= 1 and <= 16, nameof(Connections), Connections, "1 to 16");
        Require(MaxRequests is >= 1 and <= 1024, nameof(MaxRequests), MaxRequests, "1 to 1024");
        Require(
            ConnectTimeout > TimeSpan.Zero && ConnectTimeout <= TimeSpan.FromDays(1),
            nameof(ConnectTimeout), ConnectTimeout, "more than zero, at most a day");
        Require(
            RequestTimeout == Timeout.InfiniteTimeSpan || RequestTimeout >= TimeSpan.FromMilliseconds(10) && RequestTimeout <= TimeSpan.FromDays(20),
            nameof(RequestTimeout), RequestTimeout, "10 ms to 20 days, or infinite");
        Require(ReconnectLimit >= TimeSpan.Zero && ReconnectLimit <= TimeSpan.FromDays(20), nameof(ReconnectLimit), ReconnectLimit, "zero to 20 days");
        Require(UnflushedLimit is 0 or >= 1 << 20 and <= 1 << 30, nameof(UnflushedLimit), UnflushedLimit, "0, or 1 MiB to 1 GiB");
        return this;
    }

    private static void Require(bool holds, string name, object value, string range)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(NbdClientOptions)}.{name} must be {range}.");
    }
}
