namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>Creates models from functions.</summary>
public static class SequentialModel
{
    /// <summary>A model of an object that never chooses: state and input determine the next state and the output.</summary>
    /// <typeparam name="TState">The state of the object; values that compare by content.</typeparam>
    /// <typeparam name="TInput">What clients ask for.</typeparam>
    /// <typeparam name="TOutput">What clients are answered.</typeparam>
    /// <param name="initial">The state before the first operation; with partitions, of each partition.</param>
    /// <param name="apply">Performs one operation. It must not change the state that it receives.</param>
    /// <param name="partitionKey">The part of the object that an operation concerns; null if every operation concerns the whole object.</param>
    /// <param name="isReadOnly">True for operations that never change the state, which makes checking faster; null if none is known.</param>
    public static ISequentialModel<TState, TInput, TOutput> Deterministic<TState, TInput, TOutput>(
        TState initial, Func<TState, TInput, (TState Next, TOutput Output)> apply, Func<TInput, object?>? partitionKey = null,
        Func<TInput, bool>? isReadOnly = null)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return new Functions<TState, TInput, TOutput>(initial, (state, input, observed) =>
        {
            var (next, output) = apply(state, input);
            return observed.Allows(output) ? [next] : [];
        }, partitionKey, isReadOnly);
    }

    /// <summary>A model of an object that may choose among several next states, or whose outputs are not determined by state and input.</summary>
    /// <typeparam name="TState">The state of the object; values that compare by content.</typeparam>
    /// <typeparam name="TInput">What clients ask for.</typeparam>
    /// <typeparam name="TOutput">What clients are answered.</typeparam>
    /// <param name="initial">The state before the first operation; with partitions, of each partition.</param>
    /// <param name="apply">Returns the states that are possible after an operation with an observed output: see
    /// <see cref="ISequentialModel{TState,TInput,TOutput}.Apply"/>.</param>
    /// <param name="partitionKey">The part of the object that an operation concerns; null if every operation concerns the whole object.</param>
    /// <param name="isReadOnly">True for operations that never change the state, which makes checking faster; null if none is known.</param>
    public static ISequentialModel<TState, TInput, TOutput> Create<TState, TInput, TOutput>(
        TState initial, Func<TState, TInput, Observation<TOutput>, IEnumerable<TState>> apply, Func<TInput, object?>? partitionKey = null,
        Func<TInput, bool>? isReadOnly = null)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return new Functions<TState, TInput, TOutput>(initial, apply, partitionKey, isReadOnly);
    }

    private sealed class Functions<TState, TInput, TOutput>(
        TState initial, Func<TState, TInput, Observation<TOutput>, IEnumerable<TState>> apply, Func<TInput, object?>? partitionKey,
        Func<TInput, bool>? isReadOnly)
        : ISequentialModel<TState, TInput, TOutput>
    {
        public TState Initial => initial;

        public IEnumerable<TState> Apply(TState state, TInput input, Observation<TOutput> observed) => apply(state, input, observed);

        public bool IsReadOnly(TInput input) => isReadOnly?.Invoke(input) ?? false;

        public object? PartitionKey(TInput input) => partitionKey?.Invoke(input);
    }
}
