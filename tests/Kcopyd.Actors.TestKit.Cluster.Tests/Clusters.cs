using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;

namespace Kcopyd.Actors.TestKit.Cluster.Tests;

internal static class Clusters
{
    /// <summary>Nodes with singletons, sharding and distributed data, whose majority removes a node that does not answer.</summary>
    /// <param name="stableAfter">How long the members must not have changed before that, as in HOCON.</param>
    /// <param name="seedNodes">The names of the seed nodes.</param>
    public static Config Settings(string stableAfter, params IEnumerable<string> seedNodes) => ConfigurationFactory.ParseString($$"""
        akka.actor.provider = cluster
        akka.cluster {
          seed-nodes = [{{string.Join(", ", seedNodes.Select(static name => $"\"akka.tcp://simulated@{name}:2552\""))}}]
          downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
          split-brain-resolver { active-strategy = keep-majority, stable-after = {{stableAfter}} }
          distributed-data.durable.keys = []
          sharding { state-store-mode = ddata, distributed-data.durable.keys = [] }
        }
        """)
        .WithFallback(ClusterSharding.DefaultConfig())
        .WithFallback(ClusterSingleton.DefaultConfig())
        .WithFallback(DistributedData.DefaultConfig());

    public static ClusterEvent.CurrentClusterState Members(Node node) => Akka.Cluster.Cluster.Get(node.System).State;

    /// <summary>The number of members that are up, as a node sees it.</summary>
    public static int Up(Node node) => Members(node).Members.Count(static member => member.Status == MemberStatus.Up);
}
