using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class CheckThenAct : ActorExhibit
{
    public override string Name => "check, then act";

    public override string Bug => "Two clerks ask whether a ticket is left, and both sell it on the answer.";

    public override int Seeds => 20;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var sold = new Tally<bool>(stage);
        var store = stage.Start(() => new Store());
        for (var i = 0; i < 2; i++)
            stage.Start(() => new Clerk(store, sold)).Tell(isFixed ? "sell" : "check");
        var tickets = (await sold.ReachAsync(2, "customers were served")).Count(static isSold => isSold);
        if (tickets != 1)
            throw new BugFoundException($"The one ticket was sold {tickets} times.");
    }

    private sealed class Store : ReceiveActor
    {
        private int _left = 1;

        public Store() => Receive<string>(message =>
        {
            switch (message)
            {
                case "left?":
                    Sender.Tell(_left);
                    break;
                case "take":
                    _left--;
                    break;
                case "take if left":
                    Sender.Tell(_left-- > 0);
                    break;
            }
        });
    }

    private sealed class Clerk : ReceiveActor
    {
        public Clerk(IActorRef store, Tally<bool> sold)
        {
            Receive<string>(message => store.Tell(message == "sell" ? "take if left" : "left?"));
            Receive<bool>(sold.Add);
            Receive<int>(left =>
            {
                if (left > 0)
                    store.Tell("take");
                sold.Add(left > 0);
            });
        }
    }
}
