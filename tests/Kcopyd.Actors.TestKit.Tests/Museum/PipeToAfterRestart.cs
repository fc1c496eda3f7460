using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class PipeToAfterRestart : ActorExhibit
{
    public override string Name => "PipeTo after a restart";

    public override string Bug => "The result of a task that an actor's previous life has begun arrives in the next one, which serves another user.";

    public override int Seeds => 60;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var shown = new Tally<(string User, string Mail)>(stage);
        var backend = new Backend(stage);
        var session = stage.Start(() => new Session(backend, shown, isFixed));
        session.Tell("ann");
        session.Tell(new InvalidOperationException("a bug elsewhere"));
        session.Tell("bob");
        foreach (var (user, mail) in await shown.UntilAsync(static all => all.Contains(("bob", "mail of bob")), "mails were shown, none to bob"))
        {
            if (mail != $"mail of {user}")
                throw new BugFoundException($"{user} has seen the {mail}.");
        }
    }

    private sealed record Loaded(object Life, string Mail);

    private sealed class Session : ReceiveActor
    {
        private readonly object _life = new();
        private string? _user;

        public Session(Backend backend, Tally<(string User, string Mail)> shown, bool isFixed)
        {
            Receive<string>(user =>
            {
                _user = user;
                backend.LoadAsync($"mail of {user}").PipeTo(Self, success: mail => new Loaded(_life, mail));
            });
            Receive<Exception>(static failure => throw failure);
            Receive<Loaded>(loaded =>
            {
                if (_user is { } user && (!isFixed || loaded.Life == _life))
                    shown.Add((user, loaded.Mail));
            });
        }
    }
}
