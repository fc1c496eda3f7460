using Akka.Actor;
using Kcopyd.Actors.TestKit.Configuration;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.TestKit.Network;
using Kcopyd.Actors.TestKit.Reports;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit;

/// <summary>A simulated process on a machine of its own. It can be killed, frozen and started again.</summary>
/// <remarks><code>
///             Kill                Start
///   Running ────────▶ Dead ─────────────────▶ Running
///      │ Freeze   ▲
///      ▼          │ Thaw
///   Frozen ───────┘
/// </code></remarks>
public sealed class Node
{
    private readonly World _world;
    private readonly Func<Node, Process, ActorSystem> _launch;
    private readonly List<SimulatedDisk> _disks = [];
    private Process? _process;
    private ActorSystem? _system;
    private Action<Node>? _started;
    private NbdTransport? _nbd;
    private TimeSpan _skew;
    private double _drift;

    /// <param name="world">The world.</param>
    /// <param name="name">The name.</param>
    /// <param name="launch">Makes and starts the actor system of a life.</param>
    internal Node(World world, string name, Func<Node, Process, ActorSystem> launch) =>
        (_world, Name, _launch, Time, Host) = (world, name, launch, null!, world.Network.Core.AddHost(name));

    /// <summary>The name, which is also its host.</summary>
    public string Name { get; }

    /// <summary>How many times it has started.</summary>
    public int Life => _process?.Life ?? 0;

    /// <summary>True from its start until it is killed.</summary>
    public bool IsAlive => _process is { IsAlive: true };

    /// <summary>True while it is frozen.</summary>
    public bool IsFrozen => _process is { IsFrozen: true };

    /// <summary>The clock and timers of its present life.</summary>
    public TimeProvider Time { get; private set; }

    /// <summary>The source of chance for this process alone.</summary>
    public Random Random => _world.Engine.Random[$"node/{Name}"];

    /// <summary>The services of its present life; null if it was not added with Akka.Hosting.</summary>
    public IServiceProvider? Services { get; internal set; }

    /// <summary>The actor system of its present life.</summary>
    /// <exception cref="InvalidOperationException">The process is dead.</exception>
    public ActorSystem System => IsAlive && _system is not null ? _system : throw new InvalidOperationException($"Node '{Name}' does not run. Start it first.");

    /// <summary>The disks of its machine. They keep their content when it is killed and started again.</summary>
    public IReadOnlyList<SimulatedDisk> Disks => _disks;

    /// <summary>How much its wall clock is ahead of the world's. May change at any time: a step of the clock.</summary>
    public TimeSpan ClockSkew
    {
        get => _skew;
        set
        {
            _skew = value;
            if (_process is not null)
                _process.Skew = value;
        }
    }

    /// <summary>How much faster its clocks run: 0.001 gains a millisecond each second. Set it while it is dead,
    /// or when it is added.</summary>
    /// <exception cref="InvalidOperationException">The process runs: its clocks would jump.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Not between -0.5 and 1.</exception>
    public double ClockDrift
    {
        get => _drift;
        set
        {
            if (IsAlive)
                throw new InvalidOperationException($"Node '{Name}' runs: its clocks would jump. Set the drift when it is added, or while it is dead.");
            ArgumentOutOfRangeException.ThrowIfLessThan(value, -0.5);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1);
            _drift = value;
        }
    }

    internal Host Host { get; }

    internal NbdTransport NbdTransport => _nbd ??= new NbdTransport(_world.Network.Core, Host, Process);

    internal Process Process => _process ?? throw new InvalidOperationException($"Node '{Name}' has not started.");

    /// <summary>Starts it, as a new process.</summary>
    /// <exception cref="InvalidOperationException">It runs.</exception>
    public void Start() => Start(_started);

    internal void Start(Action<Node>? started)
    {
        _started = started;
        if (IsAlive)
            throw new InvalidOperationException($"Node '{Name}' runs. Kill it first.");
        var engine = _world.Engine;
        var process = _process = new Process(engine, Name, Life + 1) { Skew = _skew, Drift = _drift };
        _nbd = null;
        Host.Process = process;
        Host.IsUp = true;
        _world.Network.Core.HostStarted();
        _world.Tell(process, "starts", NodeChange.Starts);
        Time = process.Time;
        engine.RunAs(process, () =>
        {
            _system = _launch(this, process);
            StoryLogger.Attach(_system, process, _world.Options.LogLevel);
            DeadLetterRecorder.Attach(_system, process);
            _started?.Invoke(this);
        });
    }

    /// <summary>Kills it at once, as <c>kill -9</c> does: nothing of it runs anymore, and nothing is cleaned up but what the kernel does. Its connections are
    /// closed, and new ones are refused. Its disks live on, and what they were given still takes effect.</summary>
    /// <exception cref="InvalidOperationException">It does not run.</exception>
    public void Kill() => End("is killed", machineLives: true);

    /// <summary>Cuts the power of its machine: it vanishes from the network without a word, and its disks lose what was not flushed, in part.</summary>
    public void CutPower()
    {
        if (IsAlive)
            End("loses power", machineLives: false);
        Host.IsUp = false;
        foreach (var disk in _disks)
            disk.PowerCut();
    }

    /// <summary>Adds a disk that holds zeroes to its machine.</summary>
    /// <param name="name">The name, which no other disk of the node has.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="options">What it is; the defaults if null.</param>
    /// <returns>The disk, whose name for messages is <c>node/name</c>.</returns>
    /// <exception cref="ArgumentException">There is a disk of this name, or an argument or option is out of range.</exception>
    public SimulatedDisk AddDisk(string name, long length, SimulatedDiskOptions? options = null) =>
        AddDisk(new SimulatedDisk(_world.Engine, FullName(name), length, options));

    /// <summary>Adds a disk with content to its machine.</summary>
    /// <param name="name">The name, which no other disk of the node has.</param>
    /// <param name="content">What it holds at first. It is copied.</param>
    /// <param name="options">What it is; the defaults if null.</param>
    /// <returns>The disk, whose name for messages is <c>node/name</c>.</returns>
    /// <exception cref="ArgumentException">There is a disk of this name, or an argument or option is out of range.</exception>
    public SimulatedDisk AddDisk(string name, byte[] content, SimulatedDiskOptions? options = null) =>
        AddDisk(new SimulatedDisk(_world.Engine, FullName(name), content, options));

    /// <summary>Connects a disk to its machine, so that it loses its power with it. A disk may be made before the node, whose start then uses it.</summary>
    /// <param name="disk">The disk.</param>
    /// <returns>The disk.</returns>
    /// <exception cref="ArgumentException">It is connected already, or belongs to another world.</exception>
    public SimulatedDisk AddDisk(SimulatedDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.Engine != _world.Engine)
            throw new ArgumentException($"The disk '{disk.Name}' belongs to another world. Create it in this one.", nameof(disk));
        if (_disks.Contains(disk))
            throw new ArgumentException($"The disk '{disk.Name}' is connected to node '{Name}' already.", nameof(disk));
        _disks.Add(disk);
        return disk;
    }

    /// <summary>Stops it without notice, as a debugger, a hypervisor or a long garbage collection does. What is due waits.</summary>
    /// <exception cref="InvalidOperationException">It does not run.</exception>
    public void Freeze()
    {
        Require();
        _world.Tell(Process, "freezes", NodeChange.Freezes);
        _world.Engine.Freeze(Process);
    }

    /// <summary>Lets it continue.</summary>
    /// <exception cref="InvalidOperationException">It does not run.</exception>
    public void Thaw()
    {
        Require();
        _world.Tell(Process, "thaws", NodeChange.Thaws);
        _world.Engine.Thaw(Process);
    }

    /// <inheritdoc/>
    public override string ToString() => _process?.ToString() ?? Name;

    internal void Terminate()
    {
        if (!IsAlive)
            return;
        if (IsFrozen)
            Thaw();
        if (_system is { } system)
            _world.Engine.RunAs(Process, () => _ = system.Terminate());
    }

    private string FullName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var full = $"{Name}/{name}";
        return _disks.Exists(disk => disk.Name == full) ? throw new ArgumentException($"Node '{Name}' has a disk '{name}' already.", nameof(name)) : full;
    }

    private void End(string what, bool machineLives)
    {
        Require();
        _world.Tell(Process, what, NodeChange.Ends);
        _world.Engine.Kill(Process);
        Host.IsUp = machineLives;
        _world.Network.Core.ProcessEnded(Process, machineLives);
        _system = null;
    }

    private void Require()
    {
        if (!IsAlive)
            throw new InvalidOperationException($"Node '{Name}' does not run. Start it first.");
    }
}
