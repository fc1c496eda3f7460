using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>What all parts share: the options, what must be undone, one actor system with the default settings.</summary>
internal sealed class SnapshotArena(SnapshotBenchOptions options, Cleanup cleanup) : IAsyncDisposable
{
    public SnapshotBenchOptions Options => options;

    public Cleanup Cleanup => cleanup;

    // An interruption is ours to handle: Akka.NET would stop the system under the requests.
    public ActorSystem System { get; } = ActorSystem.Create("snapshots", ConfigurationFactory.ParseString("""
        akka.loglevel = WARNING
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """));

    public async ValueTask DisposeAsync() => await System.Terminate();
}
