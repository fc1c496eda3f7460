using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>What all parts share: the options, the changes to undo, and one actor system with the default settings.</summary>
internal sealed class SnapshotArena(SnapshotBenchOptions options, Cleanup cleanup) : IAsyncDisposable
{
    public SnapshotBenchOptions Options => options;

    public Cleanup Cleanup => cleanup;

    // This program handles interruptions; Akka.NET would stop the system while requests run.
    public ActorSystem System { get; } = ActorSystem.Create("snapshots", ConfigurationFactory.ParseString("""
        akka.loglevel = WARNING
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """));

    public async ValueTask DisposeAsync() => await System.Terminate();
}
