namespace Kcopyd.Actors.TestKit;

/// <summary>What a <see cref="FaultPlan"/> is drawn from.</summary>
public sealed record FaultPlanOptions
{
    /// <summary>What may happen. Default: everything.</summary>
    public FaultKinds Kinds { get; init; } = FaultKinds.All;

    /// <summary>The nodes that suffer. Default: null, for all that the world has when the plan is drawn.</summary>
    public IReadOnlyList<Node>? Nodes { get; init; }

    /// <summary>The number of faults at most; at least one is drawn. Default: 6.</summary>
    public int MaxFaults { get; init; } = 6;

    /// <summary>The time within which the faults begin, from the start of the plan. Default: one minute.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The least time that a fault lasts. Default: 10 ms.</summary>
    public TimeSpan MinDuration { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest time that it lasts. Short ones are as likely as long ones. Default: 30 s.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many nodes are dead or frozen at the same time at most; a fault that would exceed it does not occur. Default: null, for less than half of
    /// the nodes, or one if there are only one or two.</summary>
    public int? MaxNodesDown { get; init; }

    /// <summary>How far a clock is wrong at most. Default: one minute.</summary>
    public TimeSpan MaxClockStep { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest delay of a slow network. Default: 2 s.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(2);

    internal void Check()
    {
        if ((Kinds & FaultKinds.All) == 0 || (Kinds & ~FaultKinds.All) != 0)
            throw new ArgumentException($"{Kinds} are no kinds of faults to choose from. Use any of {FaultKinds.All}, at least one.", nameof(Kinds));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFaults, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Window, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MinDuration, TimeSpan.Zero);
        if (MaxDuration < MinDuration)
            throw new ArgumentOutOfRangeException(nameof(MaxDuration), MaxDuration, $"The longest duration is below the least one, {MinDuration}. Set both.");
        if (MaxNodesDown is { } down)
            ArgumentOutOfRangeException.ThrowIfNegative(down, nameof(MaxNodesDown));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxClockStep, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelay, TimeSpan.Zero);
    }
}
