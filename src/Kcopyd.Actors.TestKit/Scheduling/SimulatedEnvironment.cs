using System.Diagnostics;
using Kcopyd.Actors.TestKit.Intercepts;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>What rewritten code sees of a simulation: the clocks, timers and random numbers of the process that runs.</summary>
internal sealed class SimulatedEnvironment(Engine engine) : ISimulatedEnvironment
{
    private readonly SimulatedTime _worldTime = new(engine, null);

    public DateTimeOffset UtcNow => engine.Running?.UtcNow ?? Engine.Epoch + engine.Now;

    public long Timestamp => (engine.Running?.Elapsed ?? engine.Now).Ticks;

    public Random Random => engine.Random[engine.Running is { } process ? process.RandomPurpose : "world"];

    public TimeProvider Time => engine.Running?.Time ?? _worldTime;

    public void Sleep(TimeSpan duration)
    {
        var until = duration == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : engine.Now + duration;
        engine.RunUntil(static () => false, until);
        if (duration == Timeout.InfiniteTimeSpan)
            throw engine.Deadlock();
    }

    public void WaitUntil(Func<bool> condition, TimeSpan timeout)
    {
        var until = timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : engine.Now + timeout;
        if (!engine.RunUntil(condition, until) && timeout == Timeout.InfiniteTimeSpan)
            throw engine.Deadlock();
    }

    public void LeftSimulation(string what)
    {
        var failure = new LeftSimulationException(
            $"{what}: what happens then would not replay. The stack that left the simulation:{Environment.NewLine}{new StackTrace(1)}");
        engine.Fail(failure);
        throw failure;
    }
}
