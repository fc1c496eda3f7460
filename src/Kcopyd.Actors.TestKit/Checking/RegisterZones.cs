namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// Checks one register whose written values are unique. The write of a value and the reads of it are a cluster, and must follow each other without the write of
/// another value in between. If some operation of the cluster ends before another begins, the register holds the value at least from that end to that
/// beginning: a forward zone. Otherwise all overlap in a backward zone, from the last beginning to the first end, and the whole cluster fits into one moment
/// of it. The history is linearizable if and only if no read ends before its write begins, no two forward zones overlap, and no forward zone contains a
/// backward zone (Gibbons and Korach, 1997).
/// </summary>
internal sealed class RegisterZones<TValue>
{
    private sealed class Cluster(TValue value, Operation<RegisterInput<TValue>, TValue>? write)
    {
        public readonly TValue Value = value;
        public readonly Operation<RegisterInput<TValue>, TValue>? Write = write;
        public Operation<RegisterInput<TValue>, TValue>? FirstToEnd = write is { IsOpen: false } ? write : null;
        public Operation<RegisterInput<TValue>, TValue>? LastToBegin = write;

        // The initial value was written before everything.
        public int FirstEnd => FirstToEnd?.EndPosition ?? (Write is null ? -1 : int.MaxValue);

        public int LastBegin => LastToBegin?.CallPosition ?? -2;

        public bool IsForward => FirstEnd < LastBegin;

        public bool WasRead;

        public IEnumerable<Operation<RegisterInput<TValue>, TValue>> Witnesses =>
            new[] { Write, FirstToEnd, LastToBegin }.OfType<Operation<RegisterInput<TValue>, TValue>>().Distinct();
    }

    private readonly List<Cluster> _clusters = [];
    private readonly Dictionary<ValueTuple<TValue>, Cluster> _byValue = [];
    private readonly List<Operation<RegisterInput<TValue>, TValue>> _operations;

    private RegisterZones(List<Operation<RegisterInput<TValue>, TValue>> operations) => _operations = operations;

    /// <summary>Groups the writes; null if two have the same value.</summary>
    public static RegisterZones<TValue>? TryCreate(
        TValue initial, List<Operation<RegisterInput<TValue>, TValue>> operations, out Operation<RegisterInput<TValue>, TValue>? duplicate)
    {
        var zones = new RegisterZones<TValue>(operations);
        zones.Add(new(initial, null));
        foreach (var operation in operations)
        {
            if (operation.Input.IsWrite && !zones.Add(new(operation.Input.Value, operation)))
            {
                duplicate = operation;
                return null;
            }
        }
        duplicate = null;
        return zones;
    }

    public LinearizabilityResult<RegisterInput<TValue>, TValue> Check(object? key)
    {
        foreach (var read in _operations)
        {
            if (read.Input.IsWrite || read.Outcome != OperationOutcome.Returned)
                continue;
            if (!_byValue.TryGetValue(new(read.Output!), out var cluster))
                return Failure(key, $"{read} returned a value that was never written.", [read]);
            if (cluster.Write?.CallPosition > read.EndPosition)
                return Failure(key, $"{read} returned a value before its write was called.", [read, cluster.Write]);
            cluster.WasRead = true;
            if (read.EndPosition < cluster.FirstEnd)
                cluster.FirstToEnd = read;
            if (read.CallPosition > cluster.LastBegin)
                cluster.LastToBegin = read;
        }
        // A write that is open and was never read may never happen.
        _clusters.RemoveAll(cluster => cluster is { Write.IsOpen: true, WasRead: false });
        var forward = _clusters.Where(cluster => cluster.IsForward).OrderBy(cluster => cluster.FirstEnd).ToList();
        for (var i = 1; i < forward.Count; i++)
        {
            if (forward[i].FirstEnd < forward[i - 1].LastBegin)
                return Contradiction(key, forward[i - 1], forward[i]);
        }
        foreach (var backward in _clusters)
        {
            if (!backward.IsForward && Containing(forward, backward) is { } outer)
                return Contradiction(key, outer, backward);
        }
        return new() { Verdict = LinearizabilityVerdict.Linearizable, Steps = _operations.Count };
    }

    private bool Add(Cluster cluster)
    {
        if (!_byValue.TryAdd(new(cluster.Value), cluster))
            return false;
        _clusters.Add(cluster);
        return true;
    }

    private static Cluster? Containing(List<Cluster> forward, Cluster backward)
    {
        var (low, high) = (0, forward.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = forward[middle].FirstEnd < backward.LastBegin ? (middle + 1, high) : (low, middle);
        }
        return low > 0 && backward.FirstEnd < forward[low - 1].LastBegin ? forward[low - 1] : null;
    }

    private LinearizabilityResult<RegisterInput<TValue>, TValue> Contradiction(object? key, Cluster outer, Cluster inner)
    {
        var held = $"the register holds {Text.Of(outer.Value)} from {(outer.FirstEnd < 0 ? "the beginning" : $"event {outer.FirstEnd}")} " +
            $"to event {outer.LastBegin} at least";
        return Failure(key, inner.IsForward
            ? $"{held}, and {Text.Of(inner.Value)} from event {inner.FirstEnd} to event {inner.LastBegin} at least, which overlaps."
            : $"{held}, and must hold {Text.Of(inner.Value)} at some moment between events {inner.LastBegin} and {inner.FirstEnd}, within that time.",
            outer.Witnesses.Concat(inner.Witnesses));
    }

    private LinearizabilityResult<RegisterInput<TValue>, TValue> Failure(
        object? key, string explanation, IEnumerable<Operation<RegisterInput<TValue>, TValue>> operations) => new()
        {
            Verdict = LinearizabilityVerdict.NotLinearizable,
            Steps = _operations.Count,
            PartitionKey = key,
            Explanation = explanation,
            Unplaced = [.. operations.OrderBy(operation => operation.CallPosition)],
        };
}
