namespace Kcopyd.Actors.TestKit.Intercepts;

/// <summary>
/// What rewritten code sees instead of the machine: the clock, the randomness and the timers of one simulation.
/// </summary>
/// <remarks>Called on the threads that entered the simulation with <see cref="Interception.Enter"/>. A simulation of several processes answers for the process
/// whose code is running.</remarks>
public interface ISimulatedEnvironment
{
    /// <summary>The wall clock of the running process. May jump, also backwards.</summary>
    DateTimeOffset UtcNow { get; }

    /// <summary>The monotonic clock, in units of 100 ns. Never decreases.</summary>
    long Timestamp { get; }

    /// <summary>The source of everything that is random in rewritten code.</summary>
    Random Random { get; }

    /// <summary>The clock and the timers in virtual time. Its local time zone is that of <see cref="DateTime.Now"/> in rewritten code.</summary>
    TimeProvider Time { get; }

    /// <summary>Blocks the caller until <paramref name="duration"/> of virtual time has passed, while other code of the simulation runs.</summary>
    /// <param name="duration">Zero or more, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    void Sleep(TimeSpan duration);

    /// <summary>Blocks the caller until a condition holds, while other code of the simulation runs.</summary>
    /// <param name="condition">The condition, evaluated now and after each step.</param>
    /// <param name="timeout">The virtual time after which it gives up: zero or more, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    void WaitUntil(Func<bool> condition, TimeSpan timeout);

    /// <summary>
    /// Called on the thread that is about to do something that the simulation does not control, such as starting a thread. Should throw, with the stack; if it
    /// returns, the call is made.
    /// </summary>
    /// <param name="what">What is about to happen, for a message.</param>
    void LeftSimulation(string what);
}
