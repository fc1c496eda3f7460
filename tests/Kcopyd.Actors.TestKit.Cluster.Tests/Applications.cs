using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.DistributedData;

namespace Kcopyd.Actors.TestKit.Cluster.Tests;

/// <summary>What the applications of one world have done.</summary>
internal sealed class Census
{
    private readonly HashSet<(string Node, int Life)> _singletons = [];
    private World? _world;

    public int MostSingletons { get; private set; }

    public int Visits { get; set; }

    public void Born(World world, string node)
    {
        _world = world;
        _singletons.Add((node, Life(node)));
        MostSingletons = Math.Max(MostSingletons, _singletons.Count(IsAlive));
    }

    public void Died(string node) => _singletons.Remove((node, Life(node)));

    private int Life(string node) => _world!.Nodes.Single(other => other.Name == node).Life;

    private bool IsAlive((string Node, int Life) singleton) =>
        _world!.Nodes.Single(node => node.Name == singleton.Node) is { IsAlive: true } node && node.Life == singleton.Life;
}

/// <summary>Uses the features of a cluster that build on its membership.</summary>
internal static class Applications
{
    public static void Start(ActorSystem system, string node, World world, Census census)
    {
        system.ActorOf(
            ClusterSingletonManager.Props(
                Props.Create(() => new TheOne(world, node, census)), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)),
            "one");
        var region = ClusterSharding.Get(system).Start(
            "entity", Props.Create(static () => new Entity()), ClusterShardingSettings.Create(system), new Extractor());
        system.ActorOf(Props.Create(() => new Visitor(region, census)), "visitor");
        system.ActorOf(Props.Create(static () => new Counter()), "counter");
    }

    private sealed class TheOne(World world, string node, Census census) : ReceiveActor
    {
        protected override void PreStart() => census.Born(world, node);

        protected override void PostStop() => census.Died(node);
    }

    private sealed record Visit(string Entity, int Number);

    private sealed class Extractor() : HashCodeMessageExtractor(30)
    {
        public override string? EntityId(object message) => (message as Visit)?.Entity;
    }

    private sealed class Entity : ReceiveActor
    {
        private int _visits;

        public Entity() => Receive<Visit>(_ => Sender.Tell(++_visits));
    }

    private sealed class Visitor : ReceiveActor, IWithTimers
    {
        public Visitor(IActorRef region, Census census)
        {
            var number = 0;
            Receive<string>(_ => region.Tell(new Visit($"entity-{number++ % 20}", number)));
            Receive<int>(_ => census.Visits++);
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("visit", "visit", TimeSpan.FromMilliseconds(500));
    }

    private sealed class Counter : ReceiveActor, IWithTimers
    {
        private static readonly GCounterKey Key = new("hits");

        public Counter()
        {
            var data = DistributedData.Get(Context.System);
            var self = Akka.Cluster.Cluster.Get(Context.System);
            Receive<string>(_ => data.Replicator.Tell(Dsl.Update(Key, GCounter.Empty, WriteLocal.Instance, counter => counter.Increment(self))));
            ReceiveAny(static _ => { });
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("hit", "hit", TimeSpan.FromSeconds(2));
    }
}
