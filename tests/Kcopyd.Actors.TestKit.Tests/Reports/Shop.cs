using Akka.Actor;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Reports;

/// <summary>The scenario whose reports are tested: a shop with a stash, clerks, a timer, an Ask, a dead letter, and a node that freezes and is
/// killed.</summary>
internal static class Shop
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public sealed record Open;

    public sealed record Sell(string What);

    public sealed record Tick;

    public static async Task Play(World world)
    {
        var (a, b) = (world.AddNode("shop"), world.AddNode("warehouse"));
        var store = a.System.ActorOf(Props.Create(() => new Store()), "store");
        var clerk = a.System.ActorOf(Props.Create(() => new Clerk(store)), "clerk");
        var rack = b.System.ActorOf(Props.Create(() => new Rack()), "rack");
        clerk.Tell("<start> & sell");
        await world.DelayAsync(Second);
        store.Tell(new Open());
        Assert.Equal(1, await store.Ask<int>("sold"));
        b.System.Scheduler.ScheduleTellOnce(Second, rack, new Tick(), ActorRefs.NoSender);
        await world.DelayAsync(2 * Second);
        b.Freeze();
        await world.DelayAsync(Second);
        b.Thaw();
        await clerk.GracefulStop(Second);
        clerk.Tell("too late");
        rack.Tell("lost");
        b.Kill();
        await world.DelayAsync(Second);
        world.Tell("the test has told this");
    }

    public static async Task Fail(World world)
    {
        await Play(world);
        throw new InvalidOperationException("no <money> & no time");
    }

    /// <summary>Stashes what comes before it is opened.</summary>
    private sealed class Store : ReceiveActor, IWithUnboundedStash
    {
        private int _sold;

        public Store()
        {
            Receive<Open>(_ =>
            {
                Stash.UnstashAll();
                Become(() =>
                {
                    Receive<Sell>(_ => _sold++);
                    Receive<string>(_ => Sender.Tell(_sold));
                });
            });
            ReceiveAny(_ => Stash.Stash());
        }

        public IStash Stash { get; set; } = null!;
    }

    private sealed class Clerk : ReceiveActor
    {
        public Clerk(IActorRef store) => Receive<string>(_ => store.Tell(new Sell("tea")));
    }

    private sealed class Rack : ReceiveActor
    {
        public Rack() => ReceiveAny(static _ => { });
    }
}
