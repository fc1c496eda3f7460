namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// What an object does when its operations come one at a time: the specification against which <see cref="Linearizability"/> checks concurrent clients.
/// </summary>
/// <remarks>The methods must not change a state that they receive, and must answer the same for equal arguments. States are compared by
/// <see cref="StateComparer"/>, so a state made of arrays or lists needs a comparer that looks at their content; immutable records and values do not.</remarks>
/// <typeparam name="TState">The state of the object.</typeparam>
/// <typeparam name="TInput">What clients ask for.</typeparam>
/// <typeparam name="TOutput">What clients are answered.</typeparam>
public interface ISequentialModel<TState, TInput, TOutput>
{
    /// <summary>The state before the first operation. With partitions, the state of each partition.</summary>
    TState Initial { get; }

    /// <summary>Compares states; by default, as they compare themselves.</summary>
    IEqualityComparer<TState> StateComparer => EqualityComparer<TState>.Default;

    /// <summary>Performs one operation.</summary>
    /// <param name="state">The state before the operation.</param>
    /// <param name="input">What the client asks for.</param>
    /// <param name="observed">What the client was answered, or nothing if that is unknown.</param>
    /// <returns>The states that are possible afterwards: none if the operation cannot have this output in this state, several if the object may
    /// choose.</returns>
    IEnumerable<TState> Apply(TState state, TInput input, Observation<TOutput> observed);

    /// <summary>True if an operation never changes the state, whatever it is. The search places such operations as soon as their outputs fit, and does not try
    /// other places, which saves most of its work when many operations overlap. By default, no operation is known to be read-only.</summary>
    /// <param name="input">What the client asks for.</param>
    bool IsReadOnly(TInput input) => false;

    /// <summary>The part of the object that an operation concerns. Operations with different keys must not affect each other; they are checked separately,
    /// which is much faster. By default, every operation concerns the whole object.</summary>
    /// <param name="input">What the client asks for.</param>
    /// <returns>The key, which is compared by <see cref="object.Equals(object)"/>; null is a key, too.</returns>
    object? PartitionKey(TInput input) => null;
}
