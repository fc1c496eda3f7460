namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// Decides whether a history is linearizable: whether every operation may have taken effect at one moment between its call and its end. Pending and unknown
/// operations may take effect at any time after their call, or never; failed operations have no effect.
/// </summary>
/// <remarks>
/// <para>The general checker is a depth-first search with memoization, after Wing and Gong, Lowe, and Horn and Kroening. The problem is NP-complete: the search
/// is fast for the histories of a few clients, and slow if many operations overlap, above all if many have an unknown outcome. Partition by key if the model
/// allows it. Registers with unique values are checked in O(n log n), after Gibbons and Korach.</para>
/// <para>The methods may be called from any thread, if the history is not changed.</para>
/// </remarks>
public static class Linearizability
{
    /// <summary>The default limit of the search, in applications of the model, for each partition. It bounds the memory, too: about 100 bytes a step.</summary>
    public const long DefaultMaxSteps = 2_000_000;

    /// <summary>Checks a history against a model, each partition separately.</summary>
    /// <typeparam name="TState">The state of the model.</typeparam>
    /// <typeparam name="TInput">What clients ask for.</typeparam>
    /// <typeparam name="TOutput">What clients are answered.</typeparam>
    /// <param name="history">The history.</param>
    /// <param name="model">The specification, which also chooses the partitions.</param>
    /// <param name="maxSteps">The number of steps after which a partition is given up as undecided.</param>
    public static LinearizabilityResult<TInput, TOutput> Check<TState, TInput, TOutput>(
        History<TInput, TOutput> history, ISequentialModel<TState, TInput, TOutput> model, long maxSteps = DefaultMaxSteps)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Check(history, model, model.PartitionKey, maxSteps);
    }

    /// <summary>Checks a history against a model, each partition separately.</summary>
    /// <typeparam name="TState">The state of the model.</typeparam>
    /// <typeparam name="TInput">What clients ask for.</typeparam>
    /// <typeparam name="TOutput">What clients are answered.</typeparam>
    /// <param name="history">The history.</param>
    /// <param name="model">The specification.</param>
    /// <param name="partitionKey">The part of the object that an operation concerns, instead of the model's choice. Operations with different keys must not
    /// affect each other.</param>
    /// <param name="maxSteps">The number of steps after which a partition is given up as undecided.</param>
    public static LinearizabilityResult<TInput, TOutput> Check<TState, TInput, TOutput>(
        History<TInput, TOutput> history, ISequentialModel<TState, TInput, TOutput> model, Func<TInput, object?> partitionKey,
        long maxSteps = DefaultMaxSteps)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxSteps);
        return CheckAll(history, partitionKey, (key, operations) => new LinearizabilitySearch<TState, TInput, TOutput>(model, operations, maxSteps).Run(key));
    }

    /// <summary>Checks a history of registers: those whose written values are unique in O(n log n), the others by the general checker.</summary>
    /// <typeparam name="TValue">What a register holds.</typeparam>
    /// <param name="history">The history.</param>
    /// <param name="model">The initial value.</param>
    /// <param name="maxSteps">The number of steps after which the general checker gives up a register as undecided.</param>
    public static LinearizabilityResult<RegisterInput<TValue>, TValue> Check<TValue>(
        History<RegisterInput<TValue>, TValue> history, RegisterModel<TValue> model, long maxSteps = DefaultMaxSteps)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxSteps);
        return CheckAll(history, model.PartitionKey, (key, operations) => RegisterZones<TValue>.TryCreate(model.Initial, operations, out _) is { } zones
            ? zones.Check(key)
            : new LinearizabilitySearch<TValue, RegisterInput<TValue>, TValue>(model, operations, maxSteps).Run(key));
    }

    /// <summary>Checks a history of registers in O(n log n). Every write of a register must have another value.</summary>
    /// <typeparam name="TValue">What a register holds.</typeparam>
    /// <param name="history">The history.</param>
    /// <param name="initial">What every register holds before it is written.</param>
    /// <exception cref="ArgumentException">A value is written twice, or the initial value is written.</exception>
    public static LinearizabilityResult<RegisterInput<TValue>, TValue> CheckRegister<TValue>(
        History<RegisterInput<TValue>, TValue> history, TValue initial)
    {
        ArgumentNullException.ThrowIfNull(history);
        return CheckAll(history, input => input.Key, (key, operations) => RegisterZones<TValue>.TryCreate(initial, operations, out var duplicate) is { } zones
            ? zones.Check(key)
            : throw new ArgumentException(
                $"The value of {duplicate} is the initial value or was written before: write unique values, or call Check, which allows duplicates.",
                nameof(history)));
    }

    private static LinearizabilityResult<TInput, TOutput> CheckAll<TInput, TOutput>(History<TInput, TOutput> history, Func<TInput, object?> partitionKey,
        Func<object?, List<Operation<TInput, TOutput>>, LinearizabilityResult<TInput, TOutput>> check)
    {
        var steps = 0L;
        LinearizabilityResult<TInput, TOutput>? undecided = null;
        foreach (var (key, operations) in Partition(history, partitionKey))
        {
            var result = check(key, operations);
            if (result.Verdict == LinearizabilityVerdict.NotLinearizable)
                return result;
            if (result.Verdict == LinearizabilityVerdict.Undecided)
                undecided ??= result;
            steps += result.Steps;
        }
        return undecided ?? new() { Verdict = LinearizabilityVerdict.Linearizable, Steps = steps };
    }

    // In the order of the first call of each key, which does not depend on hash codes.
    private static List<(object? Key, List<Operation<TInput, TOutput>> Operations)> Partition<TInput, TOutput>(
        History<TInput, TOutput> history, Func<TInput, object?> partitionKey)
    {
        List<(object? Key, List<Operation<TInput, TOutput>> Operations)> partitions = [];
        Dictionary<ValueTuple<object?>, int> indexes = [];
        foreach (var operation in history.Operations)
        {
            if (operation.Outcome == OperationOutcome.Failed)
                continue;
            var key = partitionKey(operation.Input);
            if (!indexes.TryGetValue(new(key), out var index))
            {
                indexes.Add(new(key), index = partitions.Count);
                partitions.Add((key, []));
            }
            partitions[index].Operations.Add(operation);
        }
        return partitions;
    }
}
