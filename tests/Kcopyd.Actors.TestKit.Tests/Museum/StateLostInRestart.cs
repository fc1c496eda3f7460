using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class StateLostInRestart : ActorExhibit
{
    public override string Name => "state lost in a restart";

    public override string Bug => "A till learns its price from a message. A request of another client makes it restart, and it sells for nothing.";

    public override int Seeds => 20;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        const int price = 3;
        var bills = new Tally<int>(stage);
        var till = stage.Start(() => new Till(isFixed ? price : 0, bills));
        till.Tell(new NewPrice(price));
        stage.Start(() => new Client(till, 2));
        stage.Start(() => new Client(till, -1));
        var bill = (await bills.ReachAsync(1, "bills were written"))[0];
        if (bill != 2 * price)
            throw new BugFoundException($"Two for {price} each cost {bill}.");
    }

    private sealed record NewPrice(int Price);

    private sealed class Till : ReceiveActor
    {
        private int _price;

        public Till(int price, Tally<int> bills)
        {
            _price = price;
            Receive<NewPrice>(message => _price = message.Price);
            Receive<int>(static count => count < 0, static count => throw new ArgumentOutOfRangeException(nameof(count), count, "Nobody can buy this."));
            Receive<int>(count => bills.Add(count * _price));
        }
    }

    private sealed class Client : ReceiveActor
    {
        public Client(IActorRef till, int count) => till.Tell(count);
    }
}
