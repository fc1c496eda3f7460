namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// The search for an order of the operations of one partition. The calls and returns of completed operations are a linked list in the order of the history; an
/// operation that is linearized is lifted out of it, and put back when the search backtracks. The operations that may come next are the calls before the first
/// return. Open operations have no return, and are a list of their own, because they are tried last: mostly they did not happen yet.
/// </summary>
internal sealed class LinearizabilitySearch<TState, TInput, TOutput>
{
    private sealed class Entry
    {
        public required Operation<TInput, TOutput>? Operation;
        public required int Position;
        public int Index;
        public bool IsOpen;
        public bool IsReadOnly;
        public Entry? Return;
        public Entry? Previous;
        public Entry? Next;

        public bool IsReturn => Operation is not null && !IsOpen && Return is null;
    }

    // What undoing a step takes: the state before it, and the states after it that were not tried.
    private readonly record struct Step(Entry Entry, TState Before, IReadOnlyList<TState> After, int Tried, int Limit);

    private readonly ISequentialModel<TState, TInput, TOutput> _model;
    private readonly IEqualityComparer<TState> _comparer;
    private readonly List<Operation<TInput, TOutput>> _operations;
    private readonly long _maxSteps;
    private readonly Entry _completed = new() { Operation = null, Position = -1 };
    private readonly Entry _open = new() { Operation = null, Position = -1 };
    private readonly LinearizedSet _set;
    private readonly HashSet<(ulong[] Set, TState State)> _seen;
    private readonly List<Step> _steps = [];
    private readonly List<Operation<TInput, TOutput>> _best = [];
    private Entry? _bestReturn;
    private TState _bestState;
    private int _unchanged; // steps that are the same as in _best
    private int _remaining;
    private int _limit; // the position of the first return, once it was reached
    private Entry? _firstReturn;
    private long _count;

    /// <param name="model">The specification.</param>
    /// <param name="operations">The operations of one partition that have not failed, in the order of their calls.</param>
    /// <param name="maxSteps">The limit of applications of the model.</param>
    public LinearizabilitySearch(ISequentialModel<TState, TInput, TOutput> model, List<Operation<TInput, TOutput>> operations, long maxSteps)
    {
        _model = model;
        _comparer = model.StateComparer;
        _operations = operations;
        _maxSteps = maxSteps;
        _bestState = model.Initial;
        _seen = new(new MemoComparer<TState>(_comparer));
        var completed = new List<Entry>();
        var lastOpen = _open;
        var open = 0;
        foreach (var operation in operations)
        {
            var call = new Entry
            {
                Operation = operation,
                Position = operation.CallPosition,
                IsOpen = operation.IsOpen,
                IsReadOnly = model.IsReadOnly(operation.Input),
            };
            if (operation.IsOpen)
            {
                // An open operation that changes nothing may as well never happen.
                if (call.IsReadOnly)
                    continue;
                call.Index = open++;
                Append(ref lastOpen, call);
                continue;
            }
            call.Index = _remaining++;
            call.Return = new() { Operation = operation, Position = operation.EndPosition!.Value };
            completed.Add(call);
            completed.Add(call.Return);
        }
        completed.Sort((a, b) => a.Position.CompareTo(b.Position));
        var last = _completed;
        foreach (var entry in completed)
            Append(ref last, entry);
        _set = new(_remaining, open);
    }

    /// <summary>The order that was found; all steps of the search if the history is linearizable.</summary>
    public IEnumerable<Operation<TInput, TOutput>> Order => _steps.Select(step => step.Entry.Operation!);

    public LinearizabilityResult<TInput, TOutput> Run(object? key)
    {
        var state = _model.Initial;
        var entry = _remaining == 0 ? null : Next(state);
        while (_remaining > 0)
        {
            if (entry is not null)
            {
                if (_count++ >= _maxSteps)
                    return Undecided(key);
                entry = Take(new(entry, state, Apply(entry, state), 0, _limit), ref state) ? Next(state) : After(entry);
                continue;
            }
            KeepBest(state);
            if (_steps.Count == 0)
                return Failure(key);
            var undone = _steps[^1];
            Undo(undone);
            state = undone.Before;
            _limit = undone.Limit;
            if (!undone.Entry.IsReadOnly)
                entry = Take(undone, ref state) ? Next(state) : After(undone.Entry);
        }
        return new() { Verdict = LinearizabilityVerdict.Linearizable, Steps = _count };
    }

    // The first candidate in a state. A read-only operation that fits is the only one: whatever comes next may as well come after it.
    private Entry? Next(TState state)
    {
        for (var entry = _completed.Next; entry is { IsReturn: false }; entry = entry.Next)
        {
            if (!entry.IsReadOnly)
                continue;
            _count++;
            var after = Apply(entry, state);
            if (after.Count == 0)
                continue;
            if (after.Count > 1 || !_comparer.Equals(state, after[0]))
                throw new InvalidOperationException($"The model says that {entry.Operation} is read-only, but it changes the state: correct IsReadOnly.");
            _firstReturn = null;
            return entry;
        }
        return After(_completed);
    }

    private IReadOnlyList<TState> Apply(Entry entry, TState state)
    {
        var after = _model.Apply(state, entry.Operation!.Input, entry.Operation.Observed);
        return after as IReadOnlyList<TState> ?? [.. after];
    }

    // The next candidate after an entry; null at a dead end.
    private Entry? After(Entry entry)
    {
        if (entry.IsReadOnly)
            return null;
        var next = entry.Next;
        while (next is { IsReadOnly: true, IsReturn: false })
            next = next.Next;
        if (!entry.IsOpen && next is { IsReturn: true })
        {
            _firstReturn = next;
            _limit = next.Position;
            next = _open.Next;
        }
        return next is { IsOpen: true } && next.Position > _limit ? null : next;
    }

    private bool Take(Step step, ref TState state)
    {
        for (var i = step.Tried; i < step.After.Count; i++)
        {
            var next = step.After[i];
            // An open operation that changes nothing may as well never happen.
            if (step.Entry.IsOpen && _comparer.Equals(step.Before, next))
                continue;
            _set.Flip(step.Entry.Index, step.Entry.IsOpen);
            if (!_seen.Add((_set.Snapshot(), next)))
            {
                _set.Flip(step.Entry.Index, step.Entry.IsOpen);
                continue;
            }
            Unlink(step.Entry);
            if (step.Entry.Return is { } end)
            {
                Unlink(end);
                _remaining--;
            }
            _steps.Add(step with { Tried = i + 1 });
            state = next;
            return true;
        }
        return false;
    }

    private void Undo(Step step)
    {
        _steps.RemoveAt(_steps.Count - 1);
        _unchanged = Math.Min(_unchanged, _steps.Count);
        _set.Flip(step.Entry.Index, step.Entry.IsOpen);
        if (step.Entry.Return is { } end)
        {
            Link(end);
            _remaining++;
        }
        Link(step.Entry);
    }

    // The search passes a return only with everything that ended before it linearized, so nothing after the last return that any branch reaches is needed to
    // refuse the history, except outputs that arrive later.
    private void KeepBest(TState state)
    {
        if (_firstReturn is null)
            return;
        var reached = _firstReturn.Position - (_bestReturn?.Position ?? -1);
        if (reached < 0 || (reached == 0 && _steps.Count <= _best.Count))
            return;
        _best.RemoveRange(_unchanged, _best.Count - _unchanged);
        for (var i = _unchanged; i < _steps.Count; i++)
            _best.Add(_steps[i].Entry.Operation!);
        _unchanged = _steps.Count;
        _bestReturn = _firstReturn;
        _bestState = state;
    }

    private LinearizabilityResult<TInput, TOutput> Failure(object? key)
    {
        var culprit = _bestReturn!.Operation!;
        HashSet<Operation<TInput, TOutput>> placed = [.. _best];
        return new()
        {
            Verdict = LinearizabilityVerdict.NotLinearizable,
            Steps = _count,
            PartitionKey = key,
            Explanation = $"no order of the operations explains the end of {culprit}.",
            Culprit = culprit,
            LongestPrefix = _best,
            State = Text.Of(_bestState),
            Unplaced = [.. _operations.Where(operation => operation.CallPosition < _bestReturn.Position && !placed.Contains(operation) &&
                !(operation.IsOpen && _model.IsReadOnly(operation.Input)))],
        };
    }

    private LinearizabilityResult<TInput, TOutput> Undecided(object? key) => new()
    {
        Verdict = LinearizabilityVerdict.Undecided,
        Steps = _maxSteps,
        PartitionKey = key,
        Explanation = $"the limit of {_maxSteps} steps was reached. Raise maxSteps, partition by key, or record shorter histories with fewer unknown outcomes.",
    };

    private static void Append(ref Entry last, Entry entry)
    {
        entry.Previous = last;
        last.Next = entry;
        last = entry;
    }

    private static void Unlink(Entry entry)
    {
        entry.Previous!.Next = entry.Next;
        if (entry.Next is { } next)
            next.Previous = entry.Previous;
    }

    private static void Link(Entry entry)
    {
        entry.Previous!.Next = entry;
        if (entry.Next is { } next)
            next.Previous = entry;
    }
}
