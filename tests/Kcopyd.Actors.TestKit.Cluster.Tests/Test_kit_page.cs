using Akka.Cluster;
using Akka.Cluster.Hosting;
using Akka.Remote.Hosting;
using Xunit;

namespace Kcopyd.Actors.TestKit.Cluster.Tests;

/// <summary>Compiles and runs the examples of docs/test-kit.md that need a cluster.</summary>
public sealed class Test_kit_page
{
    [Fact]
    public void Cluster_heals_after_a_partition() => SimulationProcess.RunMany(1, 10, static async world =>
    {
        var nodes = new[] { "a", "b", "c" }.Select(name => world.AddNode(name, (builder, _) => builder
            .WithRemoting(name, 2552)
            .WithClustering(new ClusterOptions { SeedNodes = ["akka.tcp://simulated@a:2552"] }))).ToList();
        bool SeesAll(Node node) => Akka.Cluster.Cluster.Get(node.System).State is { Unreachable.Count: 0 } state
            && state.Members.Count(member => member.Status == MemberStatus.Up) == 3;
        await world.UntilAsync(() => nodes.TrueForAll(node => SeesAll(node)), TimeSpan.FromMinutes(1), "all are up");

        world.Network.Partition([nodes[0]], nodes[1..]);
        await world.UntilAsync(() => !SeesAll(nodes[1]), TimeSpan.FromMinutes(1), "the partition is noticed");
        world.Network.Heal();
        await world.UntilAsync(() => nodes.TrueForAll(node => SeesAll(node)), TimeSpan.FromMinutes(1), "all are reachable again");
    });

    [Fact]
    public void Cluster_survives_random_faults() => SimulationProcess.RunMany(1, 10, static async world =>
    {
        var nodes = new[] { "a", "b", "c" }.Select(name => world.AddNode(name, (builder, _) => builder
            .WithRemoting(name, 2552)
            .WithClustering(new ClusterOptions { SeedNodes = ["akka.tcp://simulated@a:2552", "akka.tcp://simulated@b:2552"] }))).ToList();
        await world.UntilAsync(() => nodes.TrueForAll(Sees_three), TimeSpan.FromMinutes(1), "all are up");

        await FaultPlan.Draw(world, new FaultPlanOptions { Kinds = FaultKinds.Network, MaxDuration = TimeSpan.FromSeconds(3) }).RunAsync();
        await world.UntilAsync(() => nodes.TrueForAll(Sees_three), TimeSpan.FromMinutes(1), "all are reachable again");
    });

    private static bool Sees_three(Node node) => Akka.Cluster.Cluster.Get(node.System).State is { Unreachable.Count: 0, Members.Count: 3 };
}
