namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>Tasks that wait for a time.</summary>
public static class TaskCalls
{
    /// <inheritdoc cref="Task.Delay(int)"/>
    [Replaces(typeof(Task), "Delay")]
    public static Task Delay(int millisecondsDelay) => Delay(millisecondsDelay, CancellationToken.None);

    /// <inheritdoc cref="Task.Delay(TimeSpan)"/>
    [Replaces(typeof(Task), "Delay")]
    public static Task Delay(TimeSpan delay) => Delay(delay, CancellationToken.None);

    /// <inheritdoc cref="Task.Delay(int, CancellationToken)"/>
    [Replaces(typeof(Task), "Delay")]
    public static Task Delay(int millisecondsDelay, CancellationToken cancellationToken) =>
        Interception.Here("Task.Delay") is { } state
            ? Task.Delay(TimeSpan.FromMilliseconds(millisecondsDelay), state.Environment.Time, cancellationToken)
            : Task.Delay(millisecondsDelay, cancellationToken);

    /// <inheritdoc cref="Task.Delay(TimeSpan, CancellationToken)"/>
    [Replaces(typeof(Task), "Delay")]
    public static Task Delay(TimeSpan delay, CancellationToken cancellationToken) =>
        Interception.Here("Task.Delay") is { } state
            ? Task.Delay(delay, state.Environment.Time, cancellationToken)
            : Task.Delay(delay, cancellationToken);

    /// <inheritdoc cref="Task.WaitAsync(TimeSpan)"/>
    [Replaces(typeof(Task), "WaitAsync")]
    public static Task WaitAsync(Task task, TimeSpan timeout) => WaitAsync(task, timeout, CancellationToken.None);

    /// <inheritdoc cref="Task.WaitAsync(TimeSpan, CancellationToken)"/>
    [Replaces(typeof(Task), "WaitAsync")]
    public static Task WaitAsync(Task task, TimeSpan timeout, CancellationToken cancellationToken) =>
        Interception.Here("Task.WaitAsync") is { } state
            ? task.WaitAsync(timeout, state.Environment.Time, cancellationToken)
            : task.WaitAsync(timeout, cancellationToken);

    /// <inheritdoc cref="Task{TResult}.WaitAsync(TimeSpan)"/>
    [Replaces(typeof(Task<>), "WaitAsync")]
    public static Task<T> WaitAsync<T>(Task<T> task, TimeSpan timeout) => WaitAsync(task, timeout, CancellationToken.None);

    /// <inheritdoc cref="Task{TResult}.WaitAsync(TimeSpan, CancellationToken)"/>
    [Replaces(typeof(Task<>), "WaitAsync")]
    public static Task<T> WaitAsync<T>(Task<T> task, TimeSpan timeout, CancellationToken cancellationToken) =>
        Interception.Here("Task.WaitAsync") is { } state
            ? task.WaitAsync(timeout, state.Environment.Time, cancellationToken)
            : task.WaitAsync(timeout, cancellationToken);
}
