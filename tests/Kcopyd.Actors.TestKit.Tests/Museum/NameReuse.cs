using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class NameReuse : ActorExhibit
{
    public override string Name => "name used again";

    public override string Bug => "A child is created again under its name, which is not free before the old one has ended.";

    public override int Seeds => 40;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var started = new Tally<bool>(stage);
        var parent = stage.Start(() => new Parent(started, isFixed));
        stage.Start(() => new Operator(parent)).Tell("go");
        await started.ReachAsync(2, "children started");
    }

    private sealed class Parent : ReceiveActor
    {
        public Parent(Tally<bool> started, bool isFixed)
        {
            var isWanted = false;
            Receive<string>(message =>
            {
                if (message == "stop")
                {
                    Context.Stop(Context.Child("child"));
                    Sender.Tell("stopping");
                }
                else if (isFixed && !Context.Child("child").IsNobody())
                {
                    isWanted = true;
                }
                else
                {
                    Start();
                }
            });
            Receive<Terminated>(_ =>
            {
                if (isWanted)
                    Start();
            });

            void Start() => Context.Watch(Context.ActorOf(Props.Create(() => new Child(started)), "child"));
        }
    }

    private sealed class Operator : ReceiveActor
    {
        public Operator(IActorRef parent) => Receive<string>(message =>
        {
            parent.Tell("start");
            if (message == "go")
                parent.Tell("stop");
        });
    }

    private sealed class Child : ReceiveActor
    {
        public Child(Tally<bool> started) => started.Add(true);
    }
}
