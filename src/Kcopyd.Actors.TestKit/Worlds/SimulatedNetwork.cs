using Kcopyd.Actors.TestKit.Network;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit;

/// <summary>
/// The network between the processes of a world. It carries connections as TCP does: in order, never a part lost, with delays, windows and retransmission. A
/// partition stalls a connection until it heals or is given up; connections are refused, reset, and time out as those of real machines.
/// </summary>
public sealed class SimulatedNetwork
{
    private readonly Engine _engine;

    internal SimulatedNetwork(Engine engine) => (_engine, Core) = (engine, new NetworkCore(engine));

    /// <summary>The shortest time from one machine to another. Default: 0.2 ms.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or longer than <see cref="MaxDelay"/>.</exception>
    public TimeSpan MinDelay
    {
        get => Core.MinDelay;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Core.MaxDelay);
            Core.MinDelay = value;
        }
    }

    /// <summary>The longest time from one machine to another, without a partition. Default: 5 ms.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Shorter than <see cref="MinDelay"/>.</exception>
    public TimeSpan MaxDelay
    {
        get => Core.MaxDelay;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, Core.MinDelay);
            Core.MaxDelay = value;
        }
    }

    /// <summary>Bytes per second of each direction of a connection; 0, the default, for no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public long BytesPerSecond
    {
        get => Core.BytesPerSecond;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Core.BytesPerSecond = value;
        }
    }

    /// <summary>How long an attempt to connect waits for an answer. Default: 15 s.</summary>
    public TimeSpan ConnectTimeout
    {
        get => Core.ConnectTimeout;
        set => Core.ConnectTimeout = value;
    }

    /// <summary>How long sent data may remain unconfirmed before its connection is reset, as TCP's. Default: 15 minutes.</summary>
    public TimeSpan LossTimeout
    {
        get => Core.LossTimeout;
        set => Core.LossTimeout = value;
    }

    /// <summary>Bytes that a sender may be ahead of its receiver. Default: 1 MiB.</summary>
    public int Window
    {
        get => Core.Window;
        set => Core.Window = value;
    }

    /// <summary>Open connections.</summary>
    public int Connections => Core.Connections;

    /// <summary>Pieces of data that have arrived.</summary>
    public long Arrivals => Core.Arrivals;

    /// <summary>Bytes that have arrived.</summary>
    public long BytesArrived => Core.BytesArrived;

    internal NetworkCore Core { get; }

    /// <summary>Stops everything from one node to another; the other direction stays.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    public void Cut(Node from, Node to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (Core.Cut(from.Host, to.Host))
            _engine.Tell("network", $"nothing goes from {from.Name} to {to.Name}");
    }

    /// <summary>Stops everything between two groups of nodes, in both directions.</summary>
    /// <param name="some">One group.</param>
    /// <param name="others">The other group.</param>
    public void Partition(IEnumerable<Node> some, IEnumerable<Node> others)
    {
        ArgumentNullException.ThrowIfNull(some);
        ArgumentNullException.ThrowIfNull(others);
        var right = others.ToList();
        foreach (var left in some)
        {
            foreach (var other in right)
            {
                Cut(left, other);
                Cut(other, left);
            }
        }
    }

    /// <summary>Stops everything between a node and all others.</summary>
    /// <param name="node">The node.</param>
    public void Isolate(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        Core.Isolate(node.Host);
        _engine.Tell("network", $"{node.Name} is alone");
    }

    /// <summary>Ends every partition.</summary>
    public void Heal()
    {
        if (Core.Heal())
            _engine.Tell("network", "healed");
    }

    /// <summary>Ends a partition in one direction.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    public void Heal(Node from, Node to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (Core.Heal(from.Host, to.Host))
            _engine.Tell("network", $"healed from {from.Name} to {to.Name}");
    }

    /// <summary>Resets all connections between two nodes, as a middlebox that has lost its state does.</summary>
    /// <param name="one">A node.</param>
    /// <param name="other">Another node.</param>
    public void ResetConnections(Node one, Node other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        Core.Reset(one.Host, other.Host);
        _engine.Tell("network", $"connections between {one.Name} and {other.Name} are reset");
    }

    /// <summary>Resets one of the connections between two nodes; chance decides which.</summary>
    /// <param name="one">A node.</param>
    /// <param name="other">Another node.</param>
    /// <returns>False if there is none.</returns>
    public bool ResetConnection(Node one, Node other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        var connections = Core.ResetOne(one.Host, other.Host);
        if (connections == 0)
            return false;
        _engine.Tell("network", $"one of {connections} connections between {one.Name} and {other.Name} is reset");
        return true;
    }
}
