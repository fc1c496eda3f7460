using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class DeadLetterRace : ActorExhibit
{
    private const int Requests = 4;

    public override string Name => "dead-letter race";

    public override string Bug => "A child that is idle stops itself while its parent forwards a request to it.";

    public override int Seeds => 40;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var answers = new Tally<int>(stage);
        var parent = stage.Start(() => new Parent(answers, isFixed));
        stage.Start(() => new Client(parent)).Tell(1);
        await answers.ReachAsync(Requests, "requests were answered");
    }

    private sealed record Idle(int Served);

    private sealed class Parent : ReceiveActor
    {
        private IActorRef _child = ActorRefs.Nobody;
        private int _forwarded;

        public Parent(Tally<int> answers, bool isFixed)
        {
            Receive<int>(request =>
            {
                if (_child.IsNobody())
                {
                    _child = Context.ActorOf(Props.Create(() => new Child(answers, isFixed)));
                    Context.Watch(_child);
                    _forwarded = 0;
                }
                _forwarded++;
                _child.Forward(request);
            });
            Receive<Idle>(idle =>
            {
                if (!Sender.Equals(_child) || idle.Served < _forwarded)
                    return;     // a request is under way
                Context.Stop(_child);
                _child = ActorRefs.Nobody;
            });
            Receive<Terminated>(end =>
            {
                if (end.ActorRef.Equals(_child))
                    _child = ActorRefs.Nobody;
            });
        }
    }

    private sealed class Child : ReceiveActor
    {
        private int _served;

        public Child(Tally<int> answers, bool isFixed) => Receive<int>(request =>
        {
            answers.Add(request);
            if (isFixed)
                Context.Parent.Tell(new Idle(++_served));
            else
                Context.Stop(Self);
        });
    }

    private sealed class Client : ReceiveActor
    {
        public Client(IActorRef parent) => Receive<int>(request =>
        {
            parent.Tell(request);
            if (request < Requests)
                Self.Tell(request + 1);
        });
    }
}
