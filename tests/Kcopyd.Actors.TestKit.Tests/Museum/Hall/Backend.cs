using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Tests.Museum.Hall;

/// <summary>A server or a device with two workers, which completes tasks in any order.</summary>
internal sealed class Backend(Stage stage)
{
    private readonly IActorRef[] _workers = [stage.Start(static () => new Worker()), stage.Start(static () => new Worker())];
    private int _requests;

    /// <summary>Answers a request with a value.</summary>
    /// <param name="value">The answer.</param>
    /// <param name="latency">The time that the answer takes at least.</param>
    /// <returns>The answer. The task continues on the worker.</returns>
    public Task<T> LoadAsync<T>(T value, TimeSpan latency = default)
    {
        var answer = new TaskCompletionSource<T>();
        var worker = _workers[(Interlocked.Increment(ref _requests) & int.MaxValue) % _workers.Length];
        Action complete = () => answer.SetResult(value);
        if (latency > TimeSpan.Zero)
            stage.System.Scheduler.ScheduleTellOnce(latency, worker, complete, ActorRefs.NoSender);
        else
            worker.Tell(complete);
        return answer.Task;
    }

    private sealed class Worker : ReceiveActor
    {
        public Worker() => Receive<Action>(static complete => complete());
    }
}
