namespace Kcopyd.Actors.TestKit.Tests.Museum.Hall;

/// <summary>What a program has shown to its users, in order. Actors add to it, the test waits for it.</summary>
internal sealed class Tally<T>(Stage stage)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly List<T> _items = [];
    private readonly TaskCompletionSource _reached = new();     // continues at once: a simulation controls no thread pool here
    private Func<List<T>, bool>? _condition;

    public void Add(T item)
    {
        bool isReached;
        lock (_items)
        {
            _items.Add(item);
            isReached = _condition?.Invoke(_items) ?? false;
        }
        if (isReached)
            _reached.TrySetResult();
    }

    /// <summary>Waits for a number of entries.</summary>
    /// <param name="count">The number.</param>
    /// <param name="what">What the entries are, for the message: "requests were answered".</param>
    /// <exception cref="BugFoundException">They have not come in time.</exception>
    public Task<IReadOnlyList<T>> ReachAsync(int count, string what) => UntilAsync(items => items.Count >= count, $"of {count} {what}");

    /// <summary>Waits for a condition.</summary>
    public async Task<IReadOnlyList<T>> UntilAsync(Func<List<T>, bool> condition, string what)
    {
        lock (_items)
        {
            _condition = condition;
            if (condition(_items))
                _reached.TrySetResult();
        }
        try
        {
            await _reached.Task.WaitAsync(Patience, stage.TestTime);
        }
        catch (TimeoutException)
        {
            lock (_items)
                throw new BugFoundException($"Only {_items.Count} {what}.");
        }
        await Task.Yield();     // away from the actor that has added the last one
        lock (_items)
            return [.. _items];
    }
}
