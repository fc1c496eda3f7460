using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd;

/// <summary>How <see cref="NbdBlockDevice"/> uses an export.</summary>
public sealed record NbdClientOptions
{
    /// <summary>For an <c>nbds://</c> address. Null takes the folder that the address names (<c>tls-certificates</c>), and where it names none, the
    /// authorities that the machine trusts.</summary>
    public NbdTls? Tls { get; init; }

    /// <summary>Most connections to use, 1 to 16, where the server says that several see the same data (CAN_MULTI_CONN); elsewhere it is one.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How long one try to connect may take, TLS and negotiation included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request may stay unanswered, from 10 ms to 20 days, or <see cref="Timeout.InfiniteTimeSpan"/>. A connection over which a request
    /// gets no answer in that time is given up, and its requests are sent again over others, or over a new one within <see cref="ReconnectLimit"/>. Five times
    /// as long for a flush, a trim and a zeroing, whose work the client cannot know. The time begins when the requests before it are answered, so that a slow
    /// network is no lost one. The default, 60 s, is what NFS has for a reply over TCP: longer than a disk takes to give up a bad sector.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long I/O waits for a server that was lost. After that the device fails for good, with <see cref="IoError.NoDevice"/>; while
    /// nothing waits, the search continues. Zero never reconnects.</summary>
    public TimeSpan ReconnectLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Most requests in flight on a connection, 1 to 1024. More of them wait.</summary>
    public int MaxRequests { get; init; } = 64;

    /// <summary>True refuses writes, also where the server takes them.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Most bytes of writes that are kept from their acknowledgement to the next flush, to be written again after the server was restarted: see
    /// <see cref="NbdBlockDevice"/>. From half of it on the device flushes by itself, and what does not fit waits for that. At least 1 MiB, at most 1 GiB;
    /// or 0, which keeps nothing: then a flush after a restart fails if there was anything to lose.</summary>
    public long UnflushedLimit { get; init; } = 64 << 20;

    /// <summary>The path of the dispatcher's section on which the device's actor runs.</summary>
    public string Dispatcher { get; init; } = "kcopyd.dispatcher";

    /// <summary>The clock of <see cref="NbdBlockDevice.QueryAsync"/> and <see cref="NbdBlockDevice.ListAsync"/>, which need no actor system. A device goes by the
    /// scheduler of its own.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How connections are made; by the machine's sockets by default.</summary>
    internal ITransport Transport { get; init; } = SocketTransport.Instance;

    internal NbdClientOptions Checked()
    {
        Require(Connections is >= 1 and <= 16, nameof(Connections), Connections, "1 to 16");
        Require(MaxRequests is >= 1 and <= 1024, nameof(MaxRequests), MaxRequests, "1 to 1024");
        Require(ConnectTimeout > TimeSpan.Zero && ConnectTimeout <= TimeSpan.FromDays(1), nameof(ConnectTimeout), ConnectTimeout, "more than zero, at most a day");
        Require(RequestTimeout == Timeout.InfiniteTimeSpan || RequestTimeout >= TimeSpan.FromMilliseconds(10) && RequestTimeout <= TimeSpan.FromDays(20), nameof(RequestTimeout), RequestTimeout, "10 ms to 20 days, or infinite");
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
