using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Cluster.Tests.Museum;

internal sealed class ResurrectedEntity : SimulatedExhibit
{
    private static readonly Config Settings = Clusters.Settings("5s", "a");

    public override string Name => "resurrected sharded entity";

    public override string Bug => "A cart is deleted on one node. A late message of another node makes the shard start it again, empty and saved.";

    public override int Seeds => 3;

    protected override string Needs => "not measured: a cluster of two systems";

    public override async Task Play(World world, bool isFixed)
    {
        var database = new Dictionary<string, string>();
        var regions = new List<IActorRef>();
        foreach (var name in new[] { "a", "b" })
        {
            var system = world.AddNode(name, Settings).System;
            regions.Add(ClusterSharding.Get(system).Start(
                "cart", Props.Create(() => new Cart(database, isFixed)), ClusterShardingSettings.Create(system), new Extractor()));
        }
        await world.UntilAsync(() => world.Nodes.All(static node => Clusters.Up(node) == 2), TimeSpan.FromSeconds(60), "the cluster is up");
        var carts = Enumerable.Range(0, 4).Select(static i => $"cart-{i}").ToList();
        foreach (var cart in carts)
            await regions[0].Ask<string>(new Change(cart, "create"), TimeSpan.FromSeconds(30));
        foreach (var cart in carts)
        {
            regions[0].Tell(new Change(cart, "delete"));
            regions[1].Tell(new Change(cart, "add"));
        }
        await world.DelayAsync(TimeSpan.FromSeconds(5));
        foreach (var cart in carts)
        {
            if (database[cart] != "deleted")
                throw new BugFoundException($"{cart} was deleted and is '{database[cart]}'.");
        }
    }

    private sealed record Change(string Cart, string What);

    private sealed class Extractor() : HashCodeMessageExtractor(10)
    {
        public override string? EntityId(object message) => (message as Change)?.Cart;
    }

    private sealed class Cart : ReceiveActor
    {
        public Cart(Dictionary<string, string> database, bool isFixed) => Receive<Change>(change =>
        {
            var isDeleted = database.GetValueOrDefault(change.Cart) == "deleted";
            if (!isFixed || !isDeleted)
                database[change.Cart] = change.What == "delete" ? "deleted" : change.What;
            if (change.What == "delete")
                Context.Parent.Tell(new Passivate(PoisonPill.Instance));
            Sender.Tell(database[change.Cart]);
        });
    }
}
