namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>Compares what the search has seen: the operations that were linearized, and the state after them.</summary>
internal sealed class MemoComparer<TState>(IEqualityComparer<TState> states) : IEqualityComparer<(ulong[] Set, TState State)>
{
    public bool Equals((ulong[] Set, TState State) x, (ulong[] Set, TState State) y) =>
        x.Set.AsSpan().SequenceEqual(y.Set) && states.Equals(x.State, y.State);

    public int GetHashCode((ulong[] Set, TState State) memo)
    {
        var hash = new HashCode();
        foreach (var word in memo.Set)
            hash.Add(word);
        hash.Add(memo.State is null ? 0 : states.GetHashCode(memo.State));
        return hash.ToHashCode();
    }
}
