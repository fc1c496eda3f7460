using Akka.Actor;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

/// <summary>Compiles and runs the example of docs/test-kit.md with the attribute, as a test of xunit. Test_kit_page_should compares them.</summary>
public sealed class Test_kit_page
{
    [Seeds(100)]
    public async Task Sell_one_ticket_to_two_customers(World world)
    {
        var store = world.AddNode("shop").System.ActorOf(Props.Create(() => new TicketStore(1)));
        var (first, second) = (store.Ask<bool>("buy"), store.Ask<bool>("buy"));
        Assert.NotEqual(await first, await second);
    }

    private sealed class TicketStore : ReceiveActor
    {
        public TicketStore(int left) => Receive<string>(_ => Sender.Tell(left-- > 0));
    }
}
