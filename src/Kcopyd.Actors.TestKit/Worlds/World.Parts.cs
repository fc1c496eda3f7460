using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors.TestKit.Checking;
using Kcopyd.Actors.TestKit.Configuration;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.TestKit.Scheduling;
using Microsoft.Extensions.DependencyInjection;

namespace Kcopyd.Actors.TestKit;

/// <content>What a test puts into a world.</content>
public sealed partial class World
{
    /// <summary>Adds a process and starts its actor system.</summary>
    /// <param name="name">The name, which is also its host.</param>
    /// <param name="config">The configuration of its actor system. Dispatchers, the scheduler and the transport are replaced by simulated ones.</param>
    /// <param name="start">Starts the application, each time that the process starts.</param>
    /// <param name="clockDrift">How much faster its clocks run: see <see cref="Node.ClockDrift"/>.</param>
    /// <returns>The process, running.</returns>
    /// <exception cref="ArgumentException">There is a node of this name, or the drift is out of range.</exception>
    public Node AddNode(string name, Config? config = null, Action<Node>? start = null, double clockDrift = 0) => Add(
        name, clockDrift, start,
        (_, process) => ActorSystem.Create(_options.SystemName, NodeConfig.Create(process, _options.LogLevel, config ?? Config.Empty)));

    /// <summary>Adds a process whose application Akka.Hosting configures, and starts it.</summary>
    /// <param name="name">The name, which is also its host.</param>
    /// <param name="configure">Configures the actor system, each time that the process starts. Its configuration of dispatchers, the scheduler and the
    /// transport is replaced by simulated ones.</param>
    /// <param name="services">Adds services; the node's <see cref="TimeProvider"/> and logging are there.</param>
    /// <param name="clockDrift">How much faster its clocks run: see <see cref="Node.ClockDrift"/>.</param>
    /// <returns>The process, running.</returns>
    /// <exception cref="ArgumentException">There is a node of this name, or the drift is out of range.</exception>
    public Node AddNode(
        string name, Action<AkkaConfigurationBuilder, IServiceProvider> configure, Action<IServiceCollection>? services = null, double clockDrift = 0)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(name, clockDrift, null, (node, process) =>
        {
            var config = NodeConfig.Create(process, _options.LogLevel, Config.Empty);
            var (system, provider) = HostedSystem.Start(process.Time, _options.SystemName, config, configure, services);
            node.Services = provider;
            return system;
        });
    }

    /// <summary>Adds a disk that holds zeroes and belongs to no machine, until <see cref="Node.AddDisk(SimulatedDisk)"/> connects it.</summary>
    /// <param name="name">A name for messages; it also names the disk's source of chance.</param>
    /// <param name="length">Bytes, at most <see cref="Array.MaxLength"/>.</param>
    /// <param name="options">What it is; the defaults if null.</param>
    /// <exception cref="ArgumentException">An argument or an option is out of range.</exception>
    public SimulatedDisk AddDisk(string name, long length, SimulatedDiskOptions? options = null) => new(Engine, name, length, options);

    /// <summary>Adds a disk with content that belongs to no machine, until <see cref="Node.AddDisk(SimulatedDisk)"/> connects it.</summary>
    /// <param name="name">A name for messages; it also names the disk's source of chance.</param>
    /// <param name="content">What it holds at first. It is copied.</param>
    /// <param name="options">What it is; the defaults if null.</param>
    /// <exception cref="ArgumentException">An argument or an option is out of range.</exception>
    public SimulatedDisk AddDisk(string name, byte[] content, SimulatedDiskOptions? options = null) => new(Engine, name, content, options);

    /// <summary>Creates a history of calls and their answers that has the world's time. What is recorded is also part of the world's history: two runs that
    /// differ in it have different hashes.</summary>
    /// <typeparam name="TInput">What clients ask for. It should print well.</typeparam>
    /// <typeparam name="TOutput">What clients are answered. It should print well.</typeparam>
    public History<TInput, TOutput> CreateHistory<TInput, TOutput>() =>
        new(() => Now, what => Engine.Note(Fingerprint.Of(MemoryMarshal.AsBytes(what.AsSpan()))));

    private Node Add(string name, double clockDrift, Action<Node>? started, Func<Node, Process, ActorSystem> launch)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_nodes.Exists(node => node.Name == name))
            throw new ArgumentException($"There is a node '{name}' already.", nameof(name));
        var node = new Node(this, name, launch) { ClockDrift = clockDrift };
        _nodes.Add(node);
        node.Start(started);
        return node;
    }
}
