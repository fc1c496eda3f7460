using System.Globalization;
using System.Text;
using Akka.Configuration;
using Kcopyd.Actors.TestKit.Network;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Configuration;

/// <summary>The configuration of a simulated actor system: the user's, with everything that would bring threads, clocks or sockets of its own
/// replaced.</summary>
internal static class NodeConfig
{
    private const int Port = 2552;      // of Akka.Remote, if the configuration names none

    // With a throughput of 1, a mailbox processes two messages in a row, unless a deadline has passed: this one, of a tick, always has.
    private const string ThroughputDeadline = "0.0001ms";

    // Sections that modules add to the configuration after the actor system has started, so that they cannot be found in it before.
    private static readonly string[] LaterDispatchers =
    [
        "akka.actor.default-dispatcher",
        "akka.actor.internal-dispatcher",
        "akka.actor.default-blocking-io-dispatcher",
        "akka.io.pinned-dispatcher",
        "akka.remote.default-remote-dispatcher",
        "akka.remote.backoff-remote-dispatcher",
        "akka.cluster.distributed-data.durable.pinned-store",
        "akka.persistence.dispatchers.default-plugin-dispatcher",
        "akka.persistence.dispatchers.default-replay-dispatcher",
        "akka.persistence.dispatchers.default-stream-dispatcher",
        "akka.stream.default-blocking-io-dispatcher",
        "kcopyd.dispatcher",
    ];

    // The same for all nodes, so it is parsed once: that takes longer than the steps of many a simulation.
    private static readonly Config Shared = ConfigurationFactory.ParseString($$"""
        akka.coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
        akka.stdout-loglevel = OFF
        akka.loggers = []
        akka.remote.enabled-transports = ["akka.remote.simulated"]
        kcopyd.completion-dispatcher = "akka.actor.default-dispatcher"
        {{Sections(LaterDispatchers)}}
        """);

    /// <param name="process">The process that the actor system is.</param>
    /// <param name="logLevel">The lowest level of the log events that the story contains.</param>
    /// <param name="own">The user's configuration.</param>
    public static Config Create(Process process, string logLevel, Config own)
    {
        var simulation = process.Engine.Id;
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $$"""
            akka.scheduler {
              implementation = "{{typeof(SimulatedScheduler).AssemblyQualifiedName}}"
              simulation = {{simulation}}
              process = {{process.Number}}
            }
            akka.loglevel = {{logLevel}}
            akka.remote.simulated {
              transport-class = "{{typeof(RemoteTransport).AssemblyQualifiedName}}"
              applied-adapters = []
              hostname = "{{process.Name}}"
              port = {{own.GetInt("akka.remote.dot-netty.tcp.port", Port)}}
              maximum-frame-size = {{own.GetString("akka.remote.dot-netty.tcp.maximum-frame-size", "128000b")}}
              simulation = {{simulation}}
              process = {{process.Number}}
            }
            {{Sections(Dispatchers(own.Root, "").Except(LaterDispatchers))}}

            """));
        if (process.Engine.Messages.IsOn)
            MailboxConfig.Append(text, own, process);
        return ConfigurationFactory.ParseString(text.ToString()).WithFallback(Shared).WithFallback(own);
    }

    private static string Sections(IEnumerable<string> dispatchers)
    {
        var executor = typeof(SimulatedExecutorConfigurator).AssemblyQualifiedName;
        return string.Join(Environment.NewLine, dispatchers.Select(path =>
            $$"""{{path}} { type = Dispatcher, throughput = 1, throughput-deadline-time = {{ThroughputDeadline}}, executor = "{{executor}}" }"""));
    }

    /// <summary>A key as it must be written in a path.</summary>
    public static string Quoted(string key) => key.Contains('.', StringComparison.Ordinal) || key.Contains('/', StringComparison.Ordinal) ? $"\"{key}\"" : key;

    /// <summary>The paths of the sections that configure dispatchers: they have an executor, or a type that is a dispatcher's.</summary>
    private static IEnumerable<string> Dispatchers(Akka.Configuration.Hocon.HoconValue? value, string path)
    {
        if (value is null || !value.IsObject())
            yield break;
        var items = value.GetObject().Items;
        if (path.Length > 0 && (items.ContainsKey("executor") || (items.TryGetValue("type", out var type) && IsDispatcher(type))))
            yield return path;
        foreach (var (key, item) in items)
        {
            foreach (var found in Dispatchers(item, path.Length == 0 ? Quoted(key) : $"{path}.{Quoted(key)}"))
                yield return found;
        }
    }

    private static bool IsDispatcher(Akka.Configuration.Hocon.HoconValue type) =>
        type.IsString() && type.GetString() is { } name && name.Split(',')[0].Contains("Dispatcher", StringComparison.Ordinal);
}
