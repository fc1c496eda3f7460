namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>Whether replicas have come to agree.</summary>
public enum ConvergenceStatus
{
    /// <summary>The faults have not ended: replicas may differ.</summary>
    Waiting,
    /// <summary>The faults have ended, and the replicas differ, but there is time left.</summary>
    Converging,
    /// <summary>The replicas became equal in time. This is final.</summary>
    Converged,
    /// <summary>The replicas did not become equal in time. This is final.</summary>
    Failed,
}

/// <summary>
/// Says whether the states of several replicas become equal within a time after the faults end. Stop the clients when the faults end, or compare a part of the
/// state that they do not change. The methods may be called from one thread at a time.
/// </summary>
/// <typeparam name="TState">The state of a replica. It should print well.</typeparam>
/// <param name="within">The virtual time that is allowed, from the end of the faults.</param>
/// <param name="comparer">Compares states; null if they compare themselves by content.</param>
public sealed class Convergence<TState>(TimeSpan within, IEqualityComparer<TState>? comparer = null)
{
    private readonly TimeSpan _within = within >= TimeSpan.Zero
        ? within
        : throw new ArgumentOutOfRangeException(nameof(within), within, "The time must not be negative.");

    private readonly IEqualityComparer<TState> _comparer = comparer ?? EqualityComparer<TState>.Default;

    /// <summary>Whether the replicas have come to agree.</summary>
    public ConvergenceStatus Status { get; private set; }

    /// <summary>When the faults ended; null before.</summary>
    public TimeSpan? FaultsEndedAt { get; private set; }

    /// <summary>When the replicas were found equal; null before.</summary>
    public TimeSpan? ConvergedAt { get; private set; }

    /// <summary>The result in a sentence; after a failure, with the replicas that agree with each other, and their states.</summary>
    public string Explanation { get; private set; } = "The faults have not ended.";

    /// <summary>Starts the time; if it was started before, starts it again, because there were more faults.</summary>
    /// <param name="now">The virtual time.</param>
    public void FaultsEnded(TimeSpan now)
    {
        FaultsEndedAt = now;
        ConvergedAt = null;
        Status = ConvergenceStatus.Converging;
        Explanation = $"The faults ended at {Text.Time(now)}.";
    }

    /// <summary>Compares the replicas. Call it after each step, or as often as the result should be exact.</summary>
    /// <param name="now">The virtual time.</param>
    /// <param name="replicas">The name and the state of each replica.</param>
    /// <exception cref="ArgumentException">There are no replicas.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is earlier than the end of the faults.</exception>
    public ConvergenceStatus Evaluate(TimeSpan now, IReadOnlyList<(string Name, TState State)> replicas)
    {
        ArgumentNullException.ThrowIfNull(replicas);
        if (replicas.Count == 0)
            throw new ArgumentException("There are no replicas: pass the name and the state of at least one.", nameof(replicas));
        if (Status != ConvergenceStatus.Converging)
            return Status;
        var since = FaultsEndedAt!.Value;
        if (now < since)
            throw new ArgumentOutOfRangeException(nameof(now), now, $"Time went back: the faults ended at {Text.Time(since)}.");
        if (now - since > _within)
        {
            Status = ConvergenceStatus.Failed;
            Explanation = $"The replicas were not found equal between {Text.Time(since)} and {Text.Time(since + _within)}. " +
                $"At {Text.Time(now)}:\n{Groups(replicas)}";
        }
        else if (replicas.All(replica => _comparer.Equals(replica.State, replicas[0].State)))
        {
            Status = ConvergenceStatus.Converged;
            ConvergedAt = now;
            Explanation = $"The replicas were equal at {Text.Time(now)}, {Text.Time(now - since)} after the faults ended.";
        }
        return Status;
    }

    private string Groups(IReadOnlyList<(string Name, TState State)> replicas)
    {
        List<(List<string> Names, TState State)> groups = [];
        foreach (var (name, state) in replicas)
        {
            var group = groups.FindIndex(one => _comparer.Equals(one.State, state));
            if (group < 0)
                groups.Add(([name], state));
            else
                groups[group].Names.Add(name);
        }
        return string.Join('\n', groups.Select(group => $"  {string.Join(", ", group.Names)}: {Text.Of(group.State)}"));
    }
}
