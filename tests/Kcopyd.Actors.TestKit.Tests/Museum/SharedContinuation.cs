using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class SharedContinuation : ActorExhibit
{
    private const int Clients = 3;

    public override string Name => "mutable state in a continuation";

    public override string Bug => "A continuation reads a field of the actor, which the next message has changed: the answer goes to another client.";

    public override int Seeds => 20;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var answers = new Tally<(int Client, int Answer)>(stage);
        var backend = new Backend(stage);
        var desk = stage.Start(() => new Desk(backend, isFixed));
        for (var i = 1; i <= Clients; i++)
        {
            var number = i;
            stage.Start(() => new Client(number, desk, answers));
        }
        foreach (var (client, answer) in await answers.ReachAsync(Clients, "answers arrived"))
        {
            if (client != answer)
                throw new BugFoundException($"Client {client} got the answer of client {answer}.");
        }
    }

    private sealed class Desk : ReceiveActor
    {
        private IActorRef _client = ActorRefs.Nobody;

        public Desk(Backend backend, bool isFixed) => Receive<int>(question =>
        {
            var client = _client = Sender;
            backend.LoadAsync(question).ContinueWith(
                answer => (isFixed ? client : _client).Tell(answer.Result),
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        });
    }

    private sealed class Client : ReceiveActor
    {
        public Client(int number, IActorRef desk, Tally<(int Client, int Answer)> answers)
        {
            desk.Tell(number);
            Receive<int>(answer => answers.Add((number, answer)));
        }
    }
}
