using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Cluster.Tests.Museum;

internal sealed class AskTimeout : ActorExhibit
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(20);

    public override string Name => "Ask timeout that hides a late reply";

    public override string Bug => "A teller says that nothing was paid because its Ask has timed out, and the account pays later.";

    public override int Seeds => 20;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var answers = new Tally<bool>(stage);
        var account = stage.Start(() => new Account(new Backend(stage)));
        stage.Start(() => new Teller(account, answers, isFixed)).Tell("pay");
        stage.PauseOnce(within: Latency, atMost: 3 * Limit);
        var isPaid = (await answers.ReachAsync(1, "customers got an answer"))[0];
        if (!isPaid)
            await Task.Delay(TimeSpan.FromSeconds(1), stage.TestTime);
        if (await account.Ask<int>("payments") != (isPaid ? 1 : 0))
            throw new BugFoundException("The customer was told that nothing is paid.");
    }

    private sealed record Pay(int Id);

    /// <summary>It pays once for each id.</summary>
    private sealed class Account : ReceiveActor
    {
        private readonly HashSet<int> _paid = [];

        public Account(Backend bank)
        {
            Receive<string>(_ => Sender.Tell(_paid.Count));
            ReceiveAsync<Pay>(async pay =>
            {
                var client = Sender;
                await bank.LoadAsync(pay.Id, Latency);
                _paid.Add(pay.Id);
                client.Tell(true);
            });
        }
    }

    private sealed class Teller : ReceiveActor
    {
        public Teller(IActorRef account, Tally<bool> answers, bool isFixed) => ReceiveAsync<string>(async _ =>
        {
            while (true)
            {
                try
                {
                    answers.Add(await account.Ask<bool>(new Pay(1), Limit));
                    return;
                }
                catch (AskTimeoutException) when (isFixed)
                {
                    // Unknown is not no: ask again, under the same id.
                }
                catch (AskTimeoutException)
                {
                    answers.Add(false);
                    return;
                }
            }
        });
    }
}
