namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// What a run must show: conditions that always hold, that hold at least once in a batch of runs, and that hold within a time. Call
/// <see cref="Evaluate"/> after each step, and <see cref="Complete"/> at the end; merge the reports of a batch with <see cref="ExpectationsReport.Merge"/>.
/// </summary>
/// <remarks>The methods may be called from one thread at a time. An exception in a condition passes to the caller of <see cref="Evaluate"/>.</remarks>
public sealed class Expectations
{
    private readonly List<Expectation> _expectations = [];
    private readonly Dictionary<string, Expectation> _byName = [];
    private readonly List<ExpectationViolation> _violations = [];
    private TimeSpan? _now;

    /// <summary>What was violated so far, in the order in which it was found.</summary>
    public IReadOnlyList<ExpectationViolation> Violations => _violations;

    /// <summary>Expects a condition to hold at every evaluation. It is reported when it begins to fail, not again while it fails.</summary>
    /// <param name="name">The name in reports, unique among these expectations.</param>
    /// <param name="condition">The condition.</param>
    /// <exception cref="ArgumentException">The name is empty or was used before.</exception>
    public void Always(string name, Func<bool> condition) =>
        Add(name, new AlwaysExpectation(name, condition ?? throw new ArgumentNullException(nameof(condition))));

    /// <summary>Expects a condition to hold at some evaluation of some run of a batch. A single run that never shows it is no violation: the merged report
    /// lists it in <see cref="ExpectationsReport.NeverTrue"/>.</summary>
    /// <param name="name">The name in reports, unique among these expectations.</param>
    /// <param name="condition">The condition; null if the code under test calls <see cref="Reached"/> instead.</param>
    /// <exception cref="ArgumentException">The name is empty or was used before.</exception>
    public void Sometimes(string name, Func<bool>? condition = null) => Add(name, new SometimesExpectation(name, condition));

    /// <summary>Records that an expectation of the kind <see cref="Sometimes"/> has been met, for moments that lie within a step.</summary>
    /// <param name="name">The name of the expectation.</param>
    /// <exception cref="ArgumentException">There is no such expectation of this kind.</exception>
    public void Reached(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_byName.TryGetValue(name, out var expectation) || expectation is not SometimesExpectation sometimes)
            throw new ArgumentException($"There is no expectation '{name}' of the kind Sometimes: declare it first.", nameof(name));
        sometimes.Hits++;
    }

    /// <summary>Expects a condition to hold within a time: once, or each time that something has happened.</summary>
    /// <param name="name">The name in reports, unique among these expectations.</param>
    /// <param name="time">The virtual time that is allowed.</param>
    /// <param name="condition">The condition. It is met as soon as it holds at an evaluation not later than the time.</param>
    /// <param name="after">Starts the time whenever it begins to hold; while the time runs, it has no effect. Null starts the time once, at the first
    /// evaluation.</param>
    /// <exception cref="ArgumentException">The name is empty or was used before.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void EventuallyWithin(string name, TimeSpan time, Func<bool> condition, Func<bool>? after = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Add(name, new EventuallyExpectation(name, time, condition ?? throw new ArgumentNullException(nameof(condition)), after));
    }

    /// <summary>Evaluates all conditions, in the order of their declaration.</summary>
    /// <param name="now">The virtual time, which must not go back.</param>
    /// <returns>True if no violation was found by this evaluation.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is earlier than that of the previous evaluation.</exception>
    public bool Evaluate(TimeSpan now)
    {
        if (now < _now)
            throw new ArgumentOutOfRangeException(nameof(now), now, $"Time went back: the previous evaluation was at {Text.Time(_now)}.");
        _now = now;
        var before = _violations.Count;
        foreach (var expectation in _expectations)
        {
            if (expectation.Evaluate(now) is { } reason)
                _violations.Add(new(expectation.Name, expectation.Kind, now, reason));
        }
        return _violations.Count == before;
    }

    /// <summary>Evaluates a last time and reports. A time that still runs is a violation only if it has expired: let a run last longer than the longest
    /// time.</summary>
    /// <param name="now">The virtual time at the end of the run.</param>
    /// <param name="run">A name for the run in merged reports, such as its seed.</param>
    public ExpectationsReport Complete(TimeSpan now, string run = "")
    {
        ArgumentNullException.ThrowIfNull(run);
        Evaluate(now);
        return new(1,
            [.. _expectations.Select(one => new ExpectationSummary(one.Name, one.Kind, one.Evaluations, one.Hits, one.IsUnfinished ? 1 : 0))],
            [.. _violations.Select(violation => violation with { Run = run })]);
    }

    private void Add(string name, Expectation expectation)
    {
        if (!_byName.TryAdd(name, expectation))
            throw new ArgumentException($"There is already an expectation '{name}': each needs its own name.", nameof(name));
        _expectations.Add(expectation);
    }
}
