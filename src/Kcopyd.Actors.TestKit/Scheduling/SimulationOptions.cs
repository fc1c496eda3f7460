namespace Kcopyd.Actors.TestKit;

/// <summary>How a simulation runs. Two runs of a seed are the same only with the same options.</summary>
public sealed record SimulationOptions
{
    /// <summary>How the next step is chosen. Default: every one is equally likely.</summary>
    public SchedulePolicyKind Policy { get; init; } = SchedulePolicyKind.Random;

    /// <summary>With <see cref="SchedulePolicyKind.Priority"/>: how many times in a run an actor falls to the lowest priority. Default: 3.</summary>
    public int PriorityChanges { get; init; } = 3;

    /// <summary>The time that each step takes. Default: none, so time passes only when nothing can happen.</summary>
    public TimeSpan StepCost { get; init; }

    /// <summary>The simulated time after which a run that has not ended has failed. Default: one hour.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The number of steps after which a run that has not ended has failed. Default: 10,000,000.</summary>
    public long MaxSteps { get; init; } = 10_000_000;

    /// <summary>The name of the nodes' actor systems. Default: simulated.</summary>
    public string SystemName { get; init; } = "simulated";

    /// <summary>The lowest level of the actor systems' log events that the story of a run contains: DEBUG, INFO, WARNING, ERROR or OFF. Default: WARNING. It
    /// does not change the history.</summary>
    public string LogLevel { get; init; } = "WARNING";

    /// <summary>How many messages between actors are recorded for the report of a failure: the last ones. Default: 500. With 0, actors have the mailboxes of
    /// Akka.NET, and reports name no messages. It does not change the history.</summary>
    public int RecordedMessages { get; init; } = 500;

    /// <summary>The folder to which a failed run writes its story, <c>seed-N.txt</c>, and a diagram of its messages, <c>seed-N.svg</c>. Default: the folder
    /// that the environment variable KCOPYD_SIMULATION_REPORTS names, if any. A relative path starts at the current directory.</summary>
    public string? ReportFolder { get; init; }

    /// <summary>The only faults that chance injects, by the names of <see cref="World.InjectedFaults"/>; null, the default, for all. The report of a shrunk run
    /// names them.</summary>
    public IReadOnlyList<string>? OnlyFaults { get; init; }

    /// <summary>Another order of the steps under the same seed, with the same random numbers for everything else. Default: 0.</summary>
    public int Schedule { get; init; }

    /// <summary>How many runs <see cref="Simulation.RunMany"/> and <see cref="SimulationProcess.RunMany"/> spend to shrink the first failing one: to find the
    /// fewest faults and steps that fail in the same way. Shrinking also ends after two minutes of real time. Default: 100.</summary>
    public int ShrinkRuns { get; init; } = 100;

    /// <summary>False if a failing run is one that was shrunk already, or shrinking is switched off.</summary>
    internal bool CanShrink => ShrinkRuns > 0 && OnlyFaults is null && Schedule == 0;

    internal bool RecordsEveryStep { get; init; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(PriorityChanges);
        ArgumentOutOfRangeException.ThrowIfLessThan(StepCost, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSteps, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(RecordedMessages);
        ArgumentOutOfRangeException.ThrowIfNegative(ShrinkRuns);
        if (ReportFolder is { } folder && string.IsNullOrWhiteSpace(folder))
            throw new ArgumentException("The folder has no name: set it to a path, or to null for no files.", nameof(ReportFolder));
        if (LogLevel is not ("DEBUG" or "INFO" or "WARNING" or "ERROR" or "OFF"))
            throw new ArgumentException($"'{LogLevel}' is not a log level: use DEBUG, INFO, WARNING, ERROR or OFF.", nameof(LogLevel));
        ArgumentException.ThrowIfNullOrWhiteSpace(SystemName);
        if (!Enum.IsDefined(Policy))
            throw new ArgumentOutOfRangeException(nameof(Policy), Policy, "This is not a policy.");
    }
}
