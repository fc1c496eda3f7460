using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Messaging;
using Xunit;

namespace Kcopyd.Actors.Tests.Messaging;

public sealed class Completion_should : AkkaTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task complete_at_once_and_continue_elsewhere_by_default()
    {
        var completion = new Completion<int>(Completions.Of(Sys));
        var blocking = new ManualResetEventSlim();
        var continued = ContinueAsync(completion, () => blocking.Wait(Patience));
        completion.SetResult(1);        // returns, although its continuation blocks
        Assert.True(completion.Task.IsCompletedSuccessfully);
        Assert.False(continued.IsCompleted);
        blocking.Set();
        Assert.True(await continued.WaitAsync(Patience));
    }

    [Fact]
    public void complete_with_all_that_awaits_it_on_the_dispatcher_that_is_set()
    {
        var due = new Queue<Akka.Dispatch.IRunnable>();
        using var system = ActorSystem.Create("replay", $$"""
            kcopyd.completion-dispatcher = replay
            replay { executor = "{{typeof(QueueConfigurator).AssemblyQualifiedName}}" }
            """);
        QueueConfigurator.Queue = due;
        var completion = new Completion<int>(system.Kcopyd().Completions);
        var continued = ContinueAsync(completion, static () => true);
        var together = Task.WhenAll(continued, completion.Task);
        completion.SetResult(1);
        Assert.True(completion.IsSet);
        Assert.False(completion.Task.IsCompleted);
        due.Dequeue().Run();
        Assert.Empty(due);
        Assert.True(continued.IsCompletedSuccessfully);
        Assert.True(together.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task keep_its_first_outcome()
    {
        var completion = new Completion<int>(Completions.OnPool);
        completion.SetException(new InvalidDataException());
        completion.SetResult(1);
        completion.SetCanceled(new CancellationToken(canceled: true));
        await Assert.ThrowsAsync<InvalidDataException>(() => completion.Task);
    }

    [Fact]
    public void refuse_a_dispatcher_that_does_not_exist()
    {
        using var system = ActorSystem.Create("wrong", "kcopyd.completion-dispatcher = no.such");
        var refused = Assert.ThrowsAny<ConfigurationException>(() => system.Kcopyd());
        Assert.Contains("kcopyd.completion-dispatcher = no.such", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> ContinueAsync(Completion<int> completion, Func<bool> then)
    {
        await completion.Task.ConfigureAwait(false);
        return then();
    }

    /// <summary>A dispatcher that queues what it is to run.</summary>
    public sealed class QueueConfigurator(Config config, Akka.Dispatch.IDispatcherPrerequisites prerequisites)
        : Akka.Dispatch.ExecutorServiceConfigurator(config, prerequisites)
    {
        internal static Queue<Akka.Dispatch.IRunnable> Queue { get; set; } = new();

        public override Akka.Dispatch.ExecutorService Produce(string id) => new Executor(id);

        private sealed class Executor(string id) : Akka.Dispatch.ExecutorService(id)
        {
            public override void Execute(Akka.Dispatch.IRunnable run) => Queue.Enqueue(run);

            public override void Shutdown()
            {
            }
        }
    }
}
