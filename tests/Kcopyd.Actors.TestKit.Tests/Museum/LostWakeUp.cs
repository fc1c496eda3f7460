using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class LostWakeUp : ActorExhibit
{
    private const int Items = 3;

    public override string Name => "lost wake-up";

    public override string Bug => "A consumer finds its queue empty and asks to be woken, and an item comes between the two.";

    public override int Seeds => 40;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var consumed = new Tally<int>(stage);
        var queue = stage.Start(() => new Queue(isFixed));
        stage.Start(() => new Consumer(queue, consumed)).Tell("wake up");
        stage.Start(() => new Producer(queue)).Tell(1);
        await consumed.ReachAsync(Items, "items were consumed");
    }

    private sealed class Queue : ReceiveActor
    {
        private readonly Queue<int> _items = new();
        private IActorRef? _sleeper;

        public Queue(bool isFixed)
        {
            Receive<int>(item =>
            {
                _items.Enqueue(item);
                _sleeper?.Tell("wake up");
                _sleeper = null;
            });
            Receive<string>(static message => message == "next", _ => Sender.Tell(_items.TryDequeue(out var item) ? item : "empty"));
            Receive<string>(static message => message == "sleep", _ =>
            {
                if (isFixed && _items.Count > 0)
                    Sender.Tell("wake up");
                else
                    _sleeper = Sender;
            });
        }
    }

    private sealed class Consumer : ReceiveActor
    {
        public Consumer(IActorRef queue, Tally<int> consumed)
        {
            Receive<string>(message => queue.Tell(message == "empty" ? "sleep" : "next"));
            Receive<int>(item =>
            {
                consumed.Add(item);
                queue.Tell("next");
            });
        }
    }

    private sealed class Producer : ReceiveActor
    {
        public Producer(IActorRef queue) => Receive<int>(item =>
        {
            queue.Tell(item);
            if (item < Items)
                Self.Tell(item + 1);
        });
    }
}
