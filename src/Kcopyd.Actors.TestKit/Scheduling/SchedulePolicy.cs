namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>Chooses which of the things that can happen next does happen.</summary>
internal abstract class SchedulePolicy(Random random)
{
    protected Random Random { get; } = random;

    public static SchedulePolicy Create(SchedulePolicyKind kind, int changes, Random random) => kind switch
    {
        SchedulePolicyKind.Random => new RandomPolicy(random),
        SchedulePolicyKind.Priority => new PriorityPolicy(random, changes),
        _ => new FifoPolicy(random),
    };

    /// <summary>The index of the chosen step.</summary>
    public abstract int Choose(List<Step> ready);
}

/// <summary>Every step is equally likely.</summary>
internal sealed class RandomPolicy(Random random) : SchedulePolicy(random)
{
    public override int Choose(List<Step> ready) => ready.Count == 1 ? 0 : Random.Next(ready.Count);
}

/// <summary>The step that has waited longest.</summary>
internal sealed class FifoPolicy(Random random) : SchedulePolicy(random)
{
    public override int Choose(List<Step> ready)
    {
        var first = 0;
        for (var i = 1; i < ready.Count; i++)
        {
            if (ready[i].Number < ready[first].Number)
                first = i;
        }
        return first;
    }
}

/// <summary>
/// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, 2010).
/// Every actor has a random priority, and the step of the highest one runs. At a few random moments, the one that runs falls to the lowest priority. A bug that
/// needs one actor to be much slower than all others is found far more often than by equal chances.
/// </summary>
internal sealed class PriorityPolicy : SchedulePolicy
{
    private const int Horizon = 20_000;     // steps in which the priorities change; a typical run of a few actors is shorter

    private readonly Dictionary<object, double> _priorities = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<long> _changes = [];
    private long _steps;
    private double _lowest;

    public PriorityPolicy(Random random, int changes)
        : base(random)
    {
        // Short runs must meet a change as well: the moments are spread evenly over the orders of magnitude.
        for (var i = 0; i < changes; i++)
            _changes.Add((long)Math.Pow(Horizon, random.NextDouble()));
    }

    public override int Choose(List<Step> ready)
    {
        var chosen = 0;
        var highest = double.NegativeInfinity;
        for (var i = 0; i < ready.Count; i++)
        {
            var priority = PriorityOf(ready[i].Work);
            if (priority > highest || (priority == highest && ready[i].Number < ready[chosen].Number))
                (chosen, highest) = (i, priority);
        }
        if (_changes.Contains(++_steps))
            _priorities[Key(ready[chosen].Work)] = --_lowest;
        return chosen;
    }

    private double PriorityOf(object work)
    {
        var key = Key(work);
        if (!_priorities.TryGetValue(key, out var priority))
            _priorities[key] = priority = Random.NextDouble();
        return priority;
    }

    // A mailbox is the same object for each message of its actor. Closures and continuations belong to the method that made them.
    private static object Key(object work) => work switch
    {
        Continuation { State: Delegate { Target: { } target } } => target,
        Action { Target: { } target } => target,
        _ => work,
    };
}
