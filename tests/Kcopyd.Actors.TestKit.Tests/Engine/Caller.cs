using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Tests.Engine;

/// <summary>How code waits for a call of the engine.</summary>
public enum Wait
{
    /// <summary>The test awaits it, in the simulation's context.</summary>
    Awaited,

    /// <summary>The test awaits it without a context, as libraries do.</summary>
    WithoutContext,

    /// <summary>The test waits for several calls, with a timeout.</summary>
    Together,

    /// <summary>An actor awaits it in a handler.</summary>
    InHandler,

    /// <summary>An actor sends the result to itself.</summary>
    Piped,
}

/// <summary>Makes a call in one of the ways. Code that continues outside the simulation tells an actor, which fails the simulation.</summary>
internal sealed class Caller(World world, ActorSystem system, Wait wait)
{
    public async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        switch (wait)
        {
            case Wait.WithoutContext:
                return await WithoutContextAsync(call);
            case Wait.Together:
                var task = call();
                await Task.WhenAll(task, Task.CompletedTask).WaitAsync(TimeSpan.FromHours(1), world.Time);
                return await task;
            case Wait.InHandler:
                return (T)await Actor().Ask<object>(new AwaitIt(async () => (await call())!));
            case Wait.Piped:
                return (T)await Actor().Ask<object>(new PipeIt(async () => (await call().ConfigureAwait(false))!));
            default:
                return await call();
        }
    }

    public Task CallAsync(Func<Task> call) => CallAsync(async () =>
    {
        // As the caller would await it.
        await call().ConfigureAwait(wait is not (Wait.WithoutContext or Wait.Piped));
        return true;
    });

    public Task<IoResult> CallAsync(Func<ValueTask<IoResult>> call) => CallAsync(() => call().AsTask());

    private async Task<T> WithoutContextAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        finally
        {
            Actor().Tell("continued", ActorRefs.NoSender);
        }
    }

    private IActorRef Actor() => system.ActorOf(Props.Create(() => new Calling()));

    private sealed record AwaitIt(Func<Task<object>> Call);

    private sealed record PipeIt(Func<Task<object>> Call);

    private sealed class Calling : ReceiveActor
    {
        public Calling()
        {
            ReceiveAsync<AwaitIt>(async it =>
            {
                try
                {
                    Sender.Tell(await it.Call());
                }
                catch (Exception failure)
                {
                    Sender.Tell(new Status.Failure(failure));
                }
            });
            Receive<PipeIt>(it => it.Call().PipeTo(Sender, Self));
            Receive<string>(static _ => { });
        }
    }
}
