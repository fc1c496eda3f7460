using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Remote.Hosting;
using Akka.Streams;
using Akka.Streams.Dsl;
using Xunit;

namespace Kcopyd.Actors.TestKit.Cluster.Tests;

/// <summary>One small test for each module of Akka.NET that works in a simulation. The cluster's life uses singleton, sharding and distributed data.</summary>
public sealed class Samples_should
{
    private const int Seeds = 3;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void connect_two_nodes_and_lose_no_message_to_a_partition_that_heals()
    {
        SimulationProcess.RunMany(1, Seeds, static async world =>
        {
            var remote = ConfigurationFactory.ParseString("akka.actor.provider = remote");
            var (a, b) = (world.AddNode("a", remote), world.AddNode("b", remote));
            var echo = b.System.ActorOf(Props.Create(static () => new Echo()), "echo");
            var client = a.System.ActorSelection("akka.tcp://simulated@b:2552/user/echo");
            Assert.Equal("hello", await client.Ask<string>("hello", Seconds(10)));
            world.Network.Partition([a], [b]);
            var answer = client.Ask<string>("still there?", Seconds(20));
            await world.DelayAsync(Seconds(5));
            Assert.False(answer.IsCompleted);
            world.Network.Heal();
            Assert.Equal("still there?", await answer);
        }, replays: 1);
    }

    [Fact]
    public void form_a_cluster_of_nodes_that_akka_hosting_configures() => SimulationProcess.RunMany(1, Seeds, static async world =>
    {
        var nodes = new[] { "a", "b", "c" }.Select(name => world.AddNode(name, (builder, _) => builder
            .WithRemoting(name, 2552)
            .WithClustering(new ClusterOptions { SeedNodes = ["akka.tcp://simulated@a:2552"] })
            .WithActors((system, registry) => registry.Register<Echo>(system.ActorOf(Props.Create(static () => new Echo()), "echo"))))).ToList();
        await world.UntilAsync(
            () => nodes.TrueForAll(static node => Akka.Cluster.Cluster.Get(node.System).State.Members.Count(
                static member => member.Status == Akka.Cluster.MemberStatus.Up) == 3),
            Seconds(60), "all three are up");
    }, replays: 1);

    [Fact]
    public void publish_to_subscribers_on_other_nodes() => SimulationProcess.RunMany(1, Seeds, static async world =>
    {
        var config = ConfigurationFactory.ParseString("""
            akka.actor.provider = cluster
            akka.cluster.seed-nodes = ["akka.tcp://simulated@a:2552"]
            """).WithFallback(DistributedPubSub.DefaultConfig());
        var (a, b) = (world.AddNode("a", config), world.AddNode("b", config));
        var heard = 0;
        var count = () => { heard++; };
        b.System.ActorOf(Props.Create(() => new Subscriber(count)));
        var mediator = DistributedPubSub.Get(a.System).Mediator;
        while (heard == 0)
        {
            mediator.Tell(new Publish("news", "hello"));
            await world.DelayAsync(Seconds(1));
        }
    }, replays: 1);

    [Fact]
    public void recover_a_persistent_actor_from_what_its_journal_kept_when_its_node_was_killed() => SimulationProcess.RunMany(1, Seeds, static async world =>
    {
        NodeJournal.Forget();
        var node = world.AddNode("a", ConfigurationFactory.ParseString($$"""
            akka.persistence.journal.plugin = "kept"
            kept { class = "{{typeof(NodeJournal).AssemblyQualifiedName}}", plugin-dispatcher = "akka.actor.default-dispatcher" }
            """));
        var account = node.System.ActorOf(Props.Create(static () => new Account()), "account");
        Assert.Equal(3, await account.Ask<int>(3));
        Assert.Equal(5, await account.Ask<int>(2));
        node.Kill();
        await world.DelayAsync(Seconds(1));
        node.Start();
        account = node.System.ActorOf(Props.Create(static () => new Account()), "account");
        Assert.Equal(6, await account.Ask<int>(1));
    }, replays: 1);

    [Fact]
    public void run_a_stream_in_simulated_time() => SimulationProcess.RunMany(1, Seeds, static async world =>
    {
        var system = world.AddNode("a").System;
        var sum = await Source.From(Enumerable.Range(1, 100))
            .Throttle(10, Seconds(1), 10, ThrottleMode.Shaping)
            .SelectAsync(4, static async number => await Task.Run(() => number * 2))
            .RunSum(static (one, other) => one + other, system.Materializer());
        Assert.Equal(10_100, sum);
        Assert.InRange(world.Now, Seconds(8), Seconds(10));
    }, replays: 1);

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }

    private sealed class Subscriber : ReceiveActor
    {
        public Subscriber(Action heard)
        {
            DistributedPubSub.Get(Context.System).Mediator.Tell(new Subscribe("news", Self));
            Receive<string>(_ => heard());
        }
    }

    private sealed class Account : ReceivePersistentActor
    {
        private int _balance;

        public Account()
        {
            Recover<int>(amount => _balance += amount);
            Command<int>(amount =>
            {
                var sender = Sender;
                Persist(amount, _ =>
                {
                    _balance += amount;
                    sender.Tell(_balance);
                });
            });
        }

        public override string PersistenceId => "account";
    }

    /// <summary>Akka.Persistence's journal in memory, which forgets with its actor system, over a store that a node keeps when it is killed.</summary>
    private sealed class NodeJournal : MemoryJournal
    {
        private static readonly ConcurrentDictionary<string, JournalStorage> Stores = new();

        public static void Forget() => Stores.Clear();

        protected override JournalStorage Storage { get; } =
            Stores.GetOrAdd(Context.System.Settings.Config.GetString("akka.remote.simulated.hostname"), static _ => new JournalStorage());
    }
}
