using Akka.Actor;
using Xunit;

namespace Kcopyd.Actors.TestKit.Cluster.Tests;

/// <summary>This assembly is rewritten, as one with <c>SimulateAssemblies</c> is.</summary>
public sealed class Waits_should
{
    private static readonly Func<IActorRef, int>[] Ways =
    [
        static echo => echo.Ask<int>("question").Result,
        static echo => echo.Ask<int>("question").GetAwaiter().GetResult(),
        static echo => echo.Ask<int>("question").ConfigureAwait(false).GetAwaiter().GetResult(),
        static echo =>
        {
            var task = echo.Ask<int>("question");
            return task.Wait(TimeSpan.FromSeconds(5)) ? task.Result : 0;
        },
        static echo =>
        {
            Task<int>[] tasks = [echo.Ask<int>("question"), echo.Ask<int>("question")];
            Task.WaitAll(tasks);
            return tasks[1].Result;
        },
        static echo =>
        {
            using var signal = new ManualResetEventSlim();
            echo.Tell(signal);
            return signal.Wait(TimeSpan.FromSeconds(5)) ? 42 : 0;
        },
        static echo =>
        {
            using var semaphore = new SemaphoreSlim(0);
            echo.Tell(semaphore);
            semaphore.Wait();
            return 42;
        },
    ];

    [Fact]
    public void let_the_world_continue_while_an_actor_blocks() => SimulationProcess.RunMany(1, 5, static async world =>
    {
        var system = world.AddNode("a").System;
        var echo = system.ActorOf(Props.Create(() => new Echo(world)));
        for (var i = 0; i < Ways.Length; i++)
        {
            var way = Ways[i];
            Assert.Equal(42, await system.ActorOf(Props.Create(() => new Blocking(echo, way))).Ask<int>("go"));
        }
    }, new SimulationOptions { ShrinkRuns = 0 });

    [Fact]
    public void pass_in_simulated_time() => Simulation.Run(1, static async world =>
    {
        var system = world.AddNode("a").System;
        var silent = system.ActorOf(Props.Create(() => new Silent()));
        Func<IActorRef, int> patient = static silent => silent.Ask<int>("question", null).Wait(TimeSpan.FromHours(0.5)) ? 1 : 0;
        var waited = await system.ActorOf(Props.Create(() => new Blocking(silent, patient))).Ask<int>("go");
        Assert.Equal(0, waited);
        Assert.True(world.Now >= TimeSpan.FromHours(0.5));
    });

    [Fact]
    public void name_the_actor_that_waits_for_ever()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => SimulationProcess.RunMany(1, 1, static async world =>
        {
            var system = world.AddNode("a").System;
            var silent = system.ActorOf(Props.Create(() => new Silent()));
            Func<IActorRef, int> way = static echo => echo.Ask<int>("question", null).Result;
            var blocking = system.ActorOf(Props.Create(() => new Blocking(silent, way)), "the-one-that-waits");
            await blocking.Ask<int>("go", null);
        }, new SimulationOptions { ShrinkRuns = 0 }));
        Assert.Contains("Deadlock: a: /user/the-one-that-waits waits", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Blocking", failure.Message, StringComparison.Ordinal);
    }

    private sealed class Blocking : ReceiveActor
    {
        public Blocking(IActorRef echo, Func<IActorRef, int> way) => Receive<string>(_ => Sender.Tell(way(echo)));
    }

    /// <summary>Answers after a second.</summary>
    private sealed class Echo : ReceiveActor
    {
        public Echo(World world)
        {
            Receive<string>(_ =>
            {
                var sender = Sender;
                world.After(TimeSpan.FromSeconds(1), () => sender.Tell(42));
            });
            Receive<ManualResetEventSlim>(signal => world.After(TimeSpan.FromSeconds(1), signal.Set));
            Receive<SemaphoreSlim>(semaphore => world.After(TimeSpan.FromSeconds(1), () => semaphore.Release()));
        }
    }

    private sealed class Silent : ReceiveActor
    {
        public Silent() => Receive<string>(static _ => { });
    }
}
