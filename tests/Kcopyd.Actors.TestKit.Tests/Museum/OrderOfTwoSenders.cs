using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class OrderOfTwoSenders : ActorExhibit
{
    public override string Name => "order between two senders";

    public override string Bug => "A document is created by way of a validator and updated directly: the update, which was sent later, arrives first.";

    public override int Seeds => 20;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var changes = new Tally<string>(stage);
        var store = stage.Start(() => new Store(changes));
        var validator = stage.Start(() => new Relay(store));
        var editor = stage.Start(() => new Relay(isFixed ? validator : store));
        stage.Start(() => new Author(validator, editor));
        if ((await changes.ReachAsync(2, "changes arrived"))[0] != "create")
            throw new BugFoundException("A document was updated before it was created.");
    }

    private sealed class Author : ReceiveActor
    {
        public Author(IActorRef validator, IActorRef editor)
        {
            validator.Tell("create");
            editor.Tell("update");
        }
    }

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef next) => Receive<string>(next.Forward);
    }

    private sealed class Store : ReceiveActor
    {
        public Store(Tally<string> changes) => Receive<string>(changes.Add);
    }
}
