using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.TestKit.Network;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit;

/// <summary>
/// The network between the processes of a world. It carries connections as TCP does: in order, never a part lost, with delays, windows and retransmission. A
/// partition stalls a connection until it heals or is given up; connections are refused, reset, and time out as those of real machines.
/// </summary>
public sealed class SimulatedNetwork
{
    private static readonly ConditionalWeakTable<Engine, SimulatedNetwork> Networks = [];

    private readonly Engine _engine;
    private readonly List<Host> _hosts = [];
    private readonly HashSet<(Host From, Host To)> _cut = [];
    private readonly List<Connection> _connections = [];
    private readonly Dictionary<(Host Host, int Port), Listener> _listeners = [];
    private TimeSpan _minDelay = TimeSpan.FromMicroseconds(200);
    private TimeSpan _maxDelay = TimeSpan.FromMilliseconds(5);
    private long _bytesPerSecond;

    internal SimulatedNetwork(Engine engine)
    {
        _engine = engine;
        Networks.Add(engine, this);
    }

    /// <summary>The network of an engine, for what is made by a name in a configuration.</summary>
    internal static SimulatedNetwork Of(Engine engine) =>
        Networks.TryGetValue(engine, out var network) ? network : throw new InvalidOperationException("This world has no network.");

    internal sealed record Listener(Host Host, int Port, Process Process, Action<Endpoint> Accept);

    /// <summary>The shortest time from one machine to another. Default: 0.2 ms.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or longer than <see cref="MaxDelay"/>.</exception>
    public TimeSpan MinDelay
    {
        get => _minDelay;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, _maxDelay);
            _minDelay = value;
        }
    }

    /// <summary>The longest time from one machine to another, without a partition. Default: 5 ms.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Shorter than <see cref="MinDelay"/>.</exception>
    public TimeSpan MaxDelay
    {
        get => _maxDelay;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, _minDelay);
            _maxDelay = value;
        }
    }

    /// <summary>Bytes per second of each direction of a connection; 0, the default, for no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public long BytesPerSecond
    {
        get => _bytesPerSecond;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _bytesPerSecond = value;
        }
    }

    /// <summary>How long an attempt to connect waits for an answer. Default: 15 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long sent data may remain unconfirmed before its connection is reset, as TCP's. Default: 15 minutes.</summary>
    public TimeSpan LossTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Bytes that a sender may be ahead of its receiver. Default: 1 MiB.</summary>
    public int Window { get; set; } = 1 << 20;

    /// <summary>Open connections.</summary>
    public int Connections => _connections.Count;

    /// <summary>Pieces of data that have arrived.</summary>
    public long Arrivals { get; internal set; }

    /// <summary>Bytes that have arrived.</summary>
    public long BytesArrived { get; internal set; }

    internal Engine Engine => _engine;

    /// <summary>Stops everything from one node to another; the other direction stays.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    public void Cut(Node from, Node to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (_cut.Add((from.Host, to.Host)))
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
        foreach (var host in _hosts.Where(host => host != node.Host))
        {
            _cut.Add((node.Host, host));
            _cut.Add((host, node.Host));
        }
        _engine.Tell("network", $"{node.Name} is alone");
    }

    /// <summary>Ends every partition.</summary>
    public void Heal()
    {
        if (_cut.Count == 0)
            return;
        _cut.Clear();
        _engine.Tell("network", "healed");
        foreach (var connection in _connections.ToArray())
            connection.Resume();
    }

    /// <summary>Ends a partition in one direction.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    public void Heal(Node from, Node to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (!_cut.Remove((from.Host, to.Host)))
            return;
        _engine.Tell("network", $"healed from {from.Name} to {to.Name}");
        foreach (var connection in _connections.ToArray())
            connection.Resume();
    }

    /// <summary>Resets all connections between two nodes, as a middlebox that has lost its state does.</summary>
    /// <param name="one">A node.</param>
    /// <param name="other">Another node.</param>
    public void ResetConnections(Node one, Node other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        foreach (var connection in _connections.Where(connection => connection.Joins(one.Host, other.Host)).ToArray())
            connection.Break();
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
        var connections = _connections.FindAll(connection => connection.Joins(one.Host, other.Host));
        if (connections.Count == 0)
            return false;
        connections[_engine.Random["network"].Next(connections.Count)].Break();
        _engine.Tell("network", $"one of {connections.Count} connections between {one.Name} and {other.Name} is reset");
        return true;
    }

    internal Host AddHost(string name)
    {
        var host = new Host(name);
        _hosts.Add(host);
        return host;
    }

    internal bool IsCut(Host from, Host to) => _cut.Contains((from, to)) || !from.IsUp || !to.IsUp;

    internal TimeSpan Delay() => _minDelay + TimeSpan.FromTicks(_engine.Random["network"].NextInt64((_maxDelay - _minDelay).Ticks + 1));

    internal void Listen(Host host, int port, Process process, Action<Endpoint> accept)
    {
        if (_listeners.TryGetValue((host, port), out var other) && other.Process.IsAlive)
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
        _listeners[(host, port)] = new Listener(host, port, process, accept);
    }

    internal void StopListening(Host host, int port, Process process)
    {
        if (_listeners.TryGetValue((host, port), out var listener) && listener.Process == process)
            _listeners.Remove((host, port));
    }

    internal void Connect(Host from, Process process, string to, int port, Action<Endpoint> connected, Action<SocketError> failed) =>
        new ConnectAttempt(this, from, process, to, port, connected, failed).Start();

    internal Host? FindHost(string name) => _hosts.Find(host => host.Name == name);

    internal Listener? FindListener(Host host, int port) =>
        _listeners.TryGetValue((host, port), out var listener) && listener.Process.IsAlive ? listener : null;

    internal void Add(Connection connection) => _connections.Add(connection);

    internal void Remove(Connection connection) => _connections.Remove(connection);

    /// <summary>A process has died. Its machine closes what it had open, unless it died with it.</summary>
    internal void ProcessEnded(Process process, bool machineLives)
    {
        foreach (var connection in _connections.ToArray())
            connection.ProcessEnded(process, machineLives);
    }

    /// <summary>A machine has power again: it answers what still comes for its former processes.</summary>
    internal void HostStarted()
    {
        foreach (var connection in _connections.ToArray())
            connection.Resume();
    }
}
