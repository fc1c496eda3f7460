namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>What a client observed of an operation's output: the output, or nothing, because the outcome is unknown.</summary>
/// <typeparam name="TOutput">What operations are answered.</typeparam>
public readonly struct Observation<TOutput>
{
    private readonly TOutput _value;

    /// <summary>An output that was observed. <c>default</c> is the observation of nothing.</summary>
    public Observation(TOutput value)
    {
        _value = value;
        IsKnown = true;
    }

    /// <summary>True if an output was observed.</summary>
    public bool IsKnown { get; }

    /// <summary>The output that was observed.</summary>
    /// <exception cref="InvalidOperationException">Nothing was observed.</exception>
    public TOutput Value =>
        IsKnown ? _value : throw new InvalidOperationException("The outcome of this operation is unknown, so it has no output: check IsKnown first.");

    /// <summary>True if <paramref name="output"/> may have been the output: it was observed, or nothing was.</summary>
    public bool Allows(TOutput output) => !IsKnown || EqualityComparer<TOutput>.Default.Equals(_value, output);
}
