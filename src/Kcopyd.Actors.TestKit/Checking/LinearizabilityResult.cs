using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>The answer of <see cref="Linearizability"/>.</summary>
public enum LinearizabilityVerdict
{
    /// <summary>The operations can be put into an order that the model allows and that respects which operation ended before which began.</summary>
    Linearizable,
    /// <summary>There is no such order.</summary>
    NotLinearizable,
    /// <summary>The step limit was reached first.</summary>
    Undecided,
}

/// <summary>The answer of a check, and the counterexample if there is one. <see cref="ToString"/> prints it.</summary>
/// <typeparam name="TInput">What clients ask for.</typeparam>
/// <typeparam name="TOutput">What clients are answered.</typeparam>
public sealed class LinearizabilityResult<TInput, TOutput>
{
    private const int MaxPrintedPrefix = 20;

    /// <summary>The answer.</summary>
    public required LinearizabilityVerdict Verdict { get; init; }

    /// <summary>True if the history is linearizable; false if it is not, or if that is undecided.</summary>
    public bool IsLinearizable => Verdict == LinearizabilityVerdict.Linearizable;

    /// <summary>The number of steps taken: applications of the model by the general checker, operations by the checker of registers.</summary>
    public required long Steps { get; init; }

    /// <summary>The key of the partition that is not linearizable, or that is undecided; null if the operations have no keys.</summary>
    public object? PartitionKey { get; init; }

    /// <summary>What is wrong, in a sentence; empty if the history is linearizable.</summary>
    public string Explanation { get; init; } = "";

    /// <summary>The operation whose end is the first that no order explains, given all outputs, also those of operations that end later. Null unless the
    /// general checker found the history not linearizable.</summary>
    public Operation<TInput, TOutput>? Culprit { get; init; }

    /// <summary>The longest order of operations, among those that explain everything that ended before the culprit. Empty unless the general checker found the
    /// history not linearizable.</summary>
    public IReadOnlyList<Operation<TInput, TOutput>> LongestPrefix { get; init; } = [];

    /// <summary>The operations that prove the failure: those that had been called when the culprit ended and cannot all be placed after
    /// <see cref="LongestPrefix"/>, or, from the checker of registers, those that contradict each other.</summary>
    public IReadOnlyList<Operation<TInput, TOutput>> Unplaced { get; init; } = [];

    /// <summary>The state after <see cref="LongestPrefix"/>, printed; null if there is no such prefix.</summary>
    public string? State { get; init; }

    /// <summary>The answer and the counterexample, for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Verdict switch
        {
            LinearizabilityVerdict.Linearizable => "Linearizable",
            LinearizabilityVerdict.NotLinearizable => "Not linearizable",
            _ => "Undecided",
        });
        if (PartitionKey is not null && !Equals(PartitionKey, ""))
            text.Append(CultureInfo.InvariantCulture, $", key {PartitionKey}");
        text.Append(CultureInfo.InvariantCulture, $" ({Steps} steps)");
        if (Explanation.Length > 0)
            text.Append(": ").Append(Explanation);
        if (State is not null)
        {
            text.Append("\nThe longest order that explains what ended before:\n");
            if (LongestPrefix.Count > MaxPrintedPrefix)
                text.Append(CultureInfo.InvariantCulture, $"  ... {LongestPrefix.Count - MaxPrintedPrefix} operations\n");
            Append(text, LongestPrefix.Skip(LongestPrefix.Count - MaxPrintedPrefix));
            text.Append(CultureInfo.InvariantCulture, $"  state: {State}\nCannot all be placed next:\n");
        }
        else if (Unplaced.Count > 0)
            text.Append('\n');
        Append(text, Unplaced);
        return text.ToString().TrimEnd('\n');
    }

    private static void Append(StringBuilder text, IEnumerable<Operation<TInput, TOutput>> operations)
    {
        foreach (var operation in operations)
        {
            var end = operation.EndPosition is { } position ? position.ToString(CultureInfo.InvariantCulture) : "open";
            text.Append(CultureInfo.InvariantCulture, $"  {operation}  (events {operation.CallPosition} to {end})\n");
        }
    }
}
