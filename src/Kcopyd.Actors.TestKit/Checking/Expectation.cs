namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>One expectation during a run.</summary>
internal abstract class Expectation
{
    protected Expectation(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    public string Name { get; }

    public abstract ExpectationKind Kind { get; }

    public long Evaluations { get; protected set; }

    /// <summary>Evaluations at which the condition held.</summary>
    public long Hits { get; set; }

    /// <summary>True if a time is running.</summary>
    public virtual bool IsUnfinished => false;

    /// <summary>The reason if the expectation is violated now.</summary>
    public abstract string? Evaluate(TimeSpan now);

    protected bool Holds(Func<bool> condition)
    {
        Evaluations++;
        var holds = condition();
        Hits += holds ? 1 : 0;
        return holds;
    }
}

internal sealed class AlwaysExpectation(string name, Func<bool> condition) : Expectation(name)
{
    private bool _failed;

    public override ExpectationKind Kind => ExpectationKind.Always;

    public override string? Evaluate(TimeSpan now)
    {
        var (before, holds) = (_failed, Holds(condition));
        _failed = !holds;
        return holds || before ? null : "the condition does not hold";
    }
}

internal sealed class SometimesExpectation(string name, Func<bool>? condition) : Expectation(name)
{
    public override ExpectationKind Kind => ExpectationKind.Sometimes;

    public override string? Evaluate(TimeSpan now)
    {
        if (condition is not null)
            Holds(condition);
        return null;
    }
}

internal sealed class EventuallyExpectation(string name, TimeSpan time, Func<bool> condition, Func<bool>? after) : Expectation(name)
{
    private TimeSpan? _since;
    private bool _started; // after null: the time has been started; otherwise: after held at the previous evaluation

    public override ExpectationKind Kind => ExpectationKind.EventuallyWithin;

    public override bool IsUnfinished => _since is not null;

    public override string? Evaluate(TimeSpan now)
    {
        var triggered = after is null || after();
        if (triggered && !_started && _since is null)
            _since = now;
        _started = triggered;
        if (_since is not { } since)
            return null;
        var isLate = now - since > time;
        if (!isLate && !Holds(condition))
            return null;
        _since = null;
        return isLate ? $"the condition did not hold between {Text.Time(since)} and {Text.Time(since + time)}" : null;
    }
}
