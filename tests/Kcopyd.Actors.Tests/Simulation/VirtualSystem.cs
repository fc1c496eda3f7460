using Akka.Actor;
using Akka.Configuration;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>An actor system without threads and without a clock: everything runs on a <see cref="SeededPump"/>, and time passes when told.</summary>
internal sealed class VirtualSystem : IDisposable
{
    private static readonly Config Fixed = ConfigurationFactory.ParseString($$"""
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
          coordinated-shutdown.run-by-actor-system-terminate = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        }
        {{VirtualScheduler.Setting}}
        """);

    private readonly VirtualScheduler _time;

    public VirtualSystem(int seed)
    {
        Pump = new SeededPump(seed);
        var dispatchers = ConfigurationFactory.ParseString($$"""
            akka.actor.default-dispatcher = {{Pump.Dispatcher}}
            akka.actor.internal-dispatcher = {{Pump.Dispatcher}}
            kcopyd.dispatcher = {{Pump.Dispatcher}}
            """);
        System = ActorSystem.Create("simulation", dispatchers.WithFallback(Fixed));
        _time = (VirtualScheduler)System.Scheduler;
        Pump.RunUntilIdle();
    }

    public SeededPump Pump { get; }

    public ActorSystem System { get; }

    /// <summary>Waits until an actor can take messages: before that, they would queue outside of its mailbox, and runs would differ.</summary>
    public void Start(IActorRef actor)
    {
        Pump.RunUntilIdle();
        if (actor is RepointableActorRef { IsStarted: false })
            throw new InvalidOperationException($"{actor} has not started.");
    }

    public void Advance(TimeSpan time) => _time.Advance(time);

    public void Dispose()
    {
        var terminated = System.Terminate();
        Pump.RunUntilIdle();
        terminated.Wait(TimeSpan.FromSeconds(60));
        Pump.Dispose();
    }
}
