using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Cluster.Tests.Museum;

/// <summary>On real threads, both actors are in one system: a test machine's loopback does not reset connections either.</summary>
internal sealed class ExactlyOnceAssumed : Exhibit
{
    private const int Orders = 20;

    private static readonly Config Remote = ConfigurationFactory.ParseString("akka.actor.provider = remote");

    public override string Name => "at most once taken for exactly once";

    public override string Bug => "A client sends an order again that was not confirmed, and only the confirmation was lost with its connection.";

    public override int Seeds => 12;

    public override async Task Play(World world, bool isFixed)
    {
        var shop = world.AddNode("shop", Remote, node => node.System.ActorOf(Props.Create(() => new Shop(isFixed)), "shop"));
        var client = world.AddNode("client", Remote);
        var remote = client.System.ActorSelection("akka.tcp://simulated@shop:2552/user/shop");
        var ordering = client.System.ActorOf(Props.Create(() => new Client(remote)));
        var orders = ordering.Ask<int>("order");
        for (var i = 0; i < 3; i++)
        {
            await world.DelayAsync(TimeSpan.FromMilliseconds(200 * world.Random.NextDouble()));
            world.Network.ResetConnections(shop, client);
        }
        await Check(await orders, shop.System.ActorSelection("/user/shop"));
    }

    public override Task<string> CountRunsOnThreadsAsync() => ThreadLoop.CountRunsAsync(new Local());

    private static async Task Check(int orders, ICanTell shop)
    {
        if (await shop.Ask<int>("sold") is var sold && sold != orders)
            throw new BugFoundException($"{orders} orders were confirmed, and {sold} are sold.");
    }

    private sealed class Local : ActorExhibit
    {
        public override string Name => "";

        public override string Bug => "";

        public override int Seeds => 0;

        public override async Task PlayOn(Stage stage, bool isFixed)
        {
            var shop = stage.Start(() => new Shop(isFixed));
            await Check(await stage.Start(() => new Client(shop)).Ask<int>("order"), shop);
        }
    }

    private sealed class Shop : ReceiveActor
    {
        private readonly HashSet<int> _ids = [];
        private int _sold;

        public Shop(bool isFixed)
        {
            Receive<int>(order =>
            {
                if (_ids.Add(order) || !isFixed)
                    _sold++;
                Sender.Tell(order);
            });
            Receive<string>(_ => Sender.Tell(_sold));
        }
    }

    private sealed class Client : ReceiveActor
    {
        public Client(ICanTell shop) => ReceiveAsync<string>(async _ =>
        {
            for (var order = 0; order < Orders;)
            {
                try
                {
                    await shop.Ask<int>(order, TimeSpan.FromSeconds(1));
                    order++;
                }
                catch (AskTimeoutException)
                {
                    // sent again
                }
            }
            Sender.Tell(Orders);
        });
    }
}
