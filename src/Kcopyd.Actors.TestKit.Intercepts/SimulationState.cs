using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Kcopyd.Actors.TestKit.Intercepts;

/// <summary>
/// What one simulation knows about objects that outlive it or are shared with others, such as a stopwatch in a static field. Kept apart by simulation, so that
/// the second one in a process starts like the first.
/// </summary>
internal sealed class SimulationState(ISimulatedEnvironment environment)
{
    public ISimulatedEnvironment Environment { get; } = environment;

    /// <summary>When the simulation began. A stopwatch that ran before counts from here.</summary>
    public long Begin { get; } = environment.Timestamp;

    public ConditionalWeakTable<Stopwatch, StopwatchReading> Stopwatches { get; } = [];

    public ConditionalWeakTable<Timer, ITimer> Timers { get; } = [];

    public ConditionalWeakTable<CancellationTokenSource, ITimer> CancellationTimers { get; } = [];

    public ConditionalWeakTable<Random, Random> Randoms { get; } = [];
}

/// <summary>What a stopwatch has measured in virtual time, in units of 100 ns.</summary>
internal sealed class StopwatchReading(long started)
{
    public long Started { get; set; } = started;

    public long Accumulated { get; set; }
}
