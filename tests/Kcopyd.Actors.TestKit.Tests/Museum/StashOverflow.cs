using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class StashOverflow : ActorExhibit
{
    private const int Clients = 6;
    private const int Capacity = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public override string Name => "stash overflow";

    public override string Bug => "A service stashes requests until it is connected. If the stash is full, it restarts and the request is lost.";

    public override int Seeds => 40;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var answers = new Tally<string>(stage);
        var connection = stage.Start(() => new Connection());
        var service = stage.Start(() => new Service(connection, isFixed), static props => props.WithStashCapacity(Capacity));
        for (var i = 0; i < Clients; i++)
            stage.Start(() => new Client(service, answers));
        await answers.ReachAsync(Clients, "requests were answered");
    }

    /// <summary>It is ready after a while.</summary>
    private sealed class Connection : ReceiveActor
    {
        public Connection() => Receive<int>(hops =>
        {
            if (hops == 0)
                Sender.Tell("connected");
            else
                Self.Forward(hops - 1);
        });
    }

    private sealed class Service : ReceiveActor, IWithStash
    {
        public Service(IActorRef connection, bool isFixed)
        {
            connection.Tell(3);
            Receive<string>(static message => message == "connected", _ =>
            {
                Become(() => Receive<string>(_ => Sender.Tell("done")));
                Stash.UnstashAll();
            });
            Receive<string>(_ =>
            {
                if (isFixed && Stash.IsFull)
                    Sender.Tell("busy");
                else
                    Stash.Stash();
            });
        }

        public IStash Stash { get; set; } = null!;
    }

    private sealed class Client : ReceiveActor
    {
        public Client(IActorRef service, Tally<string> answers)
        {
            service.Tell("request");
            Receive<string>(static answer => answer == "busy", _ => Context.System.Scheduler.ScheduleTellOnce(Pause, service, "request", Self));
            Receive<string>(answers.Add);
        }
    }
}
