using Akka.Actor;
using Akka.Configuration;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>One life of a simulated process: from its start until it is killed or the world ends. A process that starts again is another object.</summary>
internal sealed class Process
{
    /// <summary>Adds a process to a simulation.</summary>
    public Process(Engine engine, string name, int life)
    {
        (Engine, Name, Life, RandomPurpose) = (engine, name, life, $"code of {name}");
        Time = new SimulatedTime(engine, this);
        Number = engine.Processes.Count;
        engine.Processes.Add(this);
    }

    public Engine Engine { get; }

    public string Name { get; }

    /// <summary>Its place in <see cref="Engine.Processes"/>.</summary>
    public int Number { get; }

    /// <summary>1 for the first life.</summary>
    public int Life { get; }

    /// <summary>Its clock and timers.</summary>
    public TimeProvider Time { get; }

    /// <summary>The name of the source of its code's random numbers.</summary>
    public string RandomPurpose { get; }

    /// <summary>False after it was killed: nothing of it runs anymore.</summary>
    public bool IsAlive { get; set; } = true;

    /// <summary>Nothing of it runs, but what is due is kept.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Where the awaits of its code continue that are not an actor's; made when it is needed.</summary>
    public SimulationContext? Context { get; set; }

    /// <summary>The error of its wall clock.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>Seconds that its clocks gain in each second.</summary>
    public double Drift { get; set; }

    /// <summary>The time that its monotonic clock shows.</summary>
    public TimeSpan Elapsed => Drift == 0 ? Engine.Now : Engine.Now * (1 + Drift);

    public DateTimeOffset UtcNow => Engine.Epoch + Elapsed + Skew;

    /// <summary>The process to which an actor system belongs.</summary>
    /// <param name="config">The system's configuration.</param>
    public static Process Of(Config config) => In(config.GetConfig("akka.scheduler"));

    /// <summary>The process that a section of its actor system's configuration names.</summary>
    public static Process In(Config section) => Engine.Find(section.GetInt("simulation")).Processes[section.GetInt("process")];

    /// <summary>Runs an action after a time by its own clock.</summary>
    public void After(TimeSpan delay, object work, ICancelable? cancelable = null) =>
        Engine.After(Drift == 0 ? delay : delay / (1 + Drift), this, work, cancelable);

    public override string ToString() => Life == 1 ? Name : $"{Name}#{Life}";
}
