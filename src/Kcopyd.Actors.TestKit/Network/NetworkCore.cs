using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>The machines of a world, what listens on them, the connections between them, and which ways are cut.</summary>
internal sealed class NetworkCore
{
    private static readonly ConditionalWeakTable<Engine, NetworkCore> Networks = [];

    private readonly List<Host> _hosts = [];
    private readonly HashSet<(Host From, Host To)> _cut = [];
    private readonly List<Connection> _connections = [];
    private readonly Dictionary<(Host Host, int Port), Listener> _listeners = [];

    public NetworkCore(Engine engine)
    {
        Engine = engine;
        Networks.Add(engine, this);
    }

    public sealed record Listener(Host Host, int Port, Process Process, Action<Endpoint> Accept);

    public Engine Engine { get; }

    public TimeSpan MinDelay { get; set; } = TimeSpan.FromMicroseconds(200);

    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    public long BytesPerSecond { get; set; }

    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    public TimeSpan LossTimeout { get; set; } = TimeSpan.FromMinutes(15);

    public int Window { get; set; } = 1 << 20;

    public int Connections => _connections.Count;

    public long Arrivals { get; set; }

    public long BytesArrived { get; set; }

    /// <summary>The network of an engine, for what is made by a name in a configuration.</summary>
    public static NetworkCore Of(Engine engine) =>
        Networks.TryGetValue(engine, out var network) ? network : throw new InvalidOperationException("This world has no network.");

    /// <summary>Stops everything from one machine to another.</summary>
    /// <returns>False if the way was cut already.</returns>
    public bool Cut(Host from, Host to) => _cut.Add((from, to));

    /// <summary>Stops everything between a machine and all others.</summary>
    public void Isolate(Host host)
    {
        foreach (var other in _hosts.Where(other => other != host))
        {
            _cut.Add((host, other));
            _cut.Add((other, host));
        }
    }

    /// <returns>False if nothing was cut.</returns>
    public bool Heal()
    {
        if (_cut.Count == 0)
            return false;
        _cut.Clear();
        Resume();
        return true;
    }

    /// <returns>False if the way was not cut.</returns>
    public bool Heal(Host from, Host to)
    {
        if (!_cut.Remove((from, to)))
            return false;
        Resume();
        return true;
    }

    /// <summary>Resets all connections between two machines.</summary>
    public void Reset(Host one, Host other)
    {
        foreach (var connection in _connections.Where(connection => connection.Joins(one, other)).ToArray())
            connection.Break();
    }

    /// <summary>Resets one of the connections between two machines; chance decides which.</summary>
    /// <returns>How many there were.</returns>
    public int ResetOne(Host one, Host other)
    {
        var connections = _connections.FindAll(connection => connection.Joins(one, other));
        if (connections.Count > 0)
            connections[Engine.Random["network"].Next(connections.Count)].Break();
        return connections.Count;
    }

    public Host AddHost(string name)
    {
        var host = new Host(name);
        _hosts.Add(host);
        return host;
    }

    public bool IsCut(Host from, Host to) => _cut.Contains((from, to)) || !from.IsUp || !to.IsUp;

    public TimeSpan Delay() => MinDelay + TimeSpan.FromTicks(Engine.Random["network"].NextInt64((MaxDelay - MinDelay).Ticks + 1));

    public void Listen(Host host, int port, Process process, Action<Endpoint> accept)
    {
        if (_listeners.TryGetValue((host, port), out var other) && other.Process.IsAlive)
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
        _listeners[(host, port)] = new Listener(host, port, process, accept);
    }

    public void StopListening(Host host, int port, Process process)
    {
        if (_listeners.TryGetValue((host, port), out var listener) && listener.Process == process)
            _listeners.Remove((host, port));
    }

    public void Connect(Host from, Process process, string to, int port, Action<Endpoint> connected, Action<SocketError> failed) =>
        new ConnectAttempt(this, from, process, to, port, connected, failed).Start();

    public Host? FindHost(string name) => _hosts.Find(host => host.Name == name);

    public Listener? FindListener(Host host, int port) =>
        _listeners.TryGetValue((host, port), out var listener) && listener.Process.IsAlive ? listener : null;

    public void Add(Connection connection) => _connections.Add(connection);

    public void Remove(Connection connection) => _connections.Remove(connection);

    /// <summary>A process has died. Its machine closes what it had open, unless it died with it.</summary>
    public void ProcessEnded(Process process, bool machineLives)
    {
        foreach (var connection in _connections.ToArray())
            connection.ProcessEnded(process, machineLives);
    }

    /// <summary>A machine has power again: it answers what still comes for its former processes.</summary>
    public void HostStarted() => Resume();

    private void Resume()
    {
        foreach (var connection in _connections.ToArray())
            connection.Resume();
    }
}
