using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;

namespace Kcopyd.Actors.TestKit.Cluster.Tests.Museum;

internal static class Settings
{
    /// <summary>A cluster whose majority removes a node that does not answer.</summary>
    public static Config Cluster { get; } = ConfigurationFactory.ParseString("""
        akka.actor.provider = cluster
        akka.cluster {
          seed-nodes = ["akka.tcp://simulated@a:2552"]
          downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
          split-brain-resolver { active-strategy = keep-majority, stable-after = 5s }
          distributed-data.durable.keys = []
          sharding { state-store-mode = ddata, distributed-data.durable.keys = [] }
        }
        """)
        .WithFallback(ClusterSharding.DefaultConfig())
        .WithFallback(ClusterSingleton.DefaultConfig())
        .WithFallback(DistributedData.DefaultConfig());

    public static int Members(Node node) =>
        Akka.Cluster.Cluster.Get(node.System).State.Members.Count(static member => member.Status == Akka.Cluster.MemberStatus.Up);
}
