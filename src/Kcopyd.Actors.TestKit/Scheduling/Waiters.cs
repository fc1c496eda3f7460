namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>The callers that wait for a condition. Conditions are evaluated after each step, so waiting adds no steps.</summary>
internal sealed class Waiters
{
    private readonly List<Waiter> _waiters = [];

    private sealed record Waiter(Func<bool> Condition, TaskCompletionSource<bool> Result);

    /// <summary>Waits for a condition.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="atEnd">Calls an action when the time is over.</param>
    /// <returns>Whether it has become true.</returns>
    public Task<bool> Add(Func<bool> condition, Action<Action> atEnd)
    {
        if (condition())
            return Task.FromResult(true);
        var waiter = new Waiter(condition, new TaskCompletionSource<bool>());
        _waiters.Add(waiter);
        atEnd(() =>
        {
            if (_waiters.Remove(waiter))
                waiter.Result.SetResult(condition());
        });
        return waiter.Result.Task;
    }

    /// <summary>Called after each step.</summary>
    public void Evaluate()
    {
        for (var i = 0; i < _waiters.Count; i++)
        {
            var waiter = _waiters[i];
            bool holds;
            try
            {
                holds = waiter.Condition();
            }
            catch (Exception failure)
            {
                _waiters.RemoveAt(i--);
                waiter.Result.SetException(failure);
                continue;
            }
            if (!holds)
                continue;
            _waiters.RemoveAt(i--);
            waiter.Result.SetResult(true);
        }
    }
}
