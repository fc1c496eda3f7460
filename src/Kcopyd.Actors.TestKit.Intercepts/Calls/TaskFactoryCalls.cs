// The order of the parameters is that of the originals.
#pragma warning disable CA1068

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>
/// Tasks with options: a long-running task would start a thread of its own, and in a simulation runs where all others do.
/// </summary>
public static class TaskFactoryCalls
{
    /// <inheritdoc cref="TaskFactory.StartNew(Action, TaskCreationOptions)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task StartNew(TaskFactory factory, Action action, TaskCreationOptions options) => factory.StartNew(action, Without(options));

    /// <inheritdoc cref="TaskFactory.StartNew(Action, CancellationToken, TaskCreationOptions, TaskScheduler)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task StartNew(
        TaskFactory factory, Action action, CancellationToken cancellationToken, TaskCreationOptions options, TaskScheduler scheduler) =>
        factory.StartNew(action, cancellationToken, Without(options), scheduler);

    /// <inheritdoc cref="TaskFactory.StartNew(Action{object}, object, TaskCreationOptions)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task StartNew(TaskFactory factory, Action<object?> action, object? argument, TaskCreationOptions options) =>
        factory.StartNew(action, argument, Without(options));

    /// <inheritdoc cref="TaskFactory.StartNew(Action{object}, object, CancellationToken, TaskCreationOptions, TaskScheduler)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task StartNew(
        TaskFactory factory, Action<object?> action, object? argument, CancellationToken cancellationToken, TaskCreationOptions options,
        TaskScheduler scheduler) =>
        factory.StartNew(action, argument, cancellationToken, Without(options), scheduler);

    /// <inheritdoc cref="TaskFactory.StartNew{TResult}(Func{TResult}, TaskCreationOptions)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task<T> StartNew<T>(TaskFactory factory, Func<T> function, TaskCreationOptions options) => factory.StartNew(function, Without(options));

    /// <inheritdoc cref="TaskFactory.StartNew{TResult}(Func{TResult}, CancellationToken, TaskCreationOptions, TaskScheduler)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task<T> StartNew<T>(
        TaskFactory factory, Func<T> function, CancellationToken cancellationToken, TaskCreationOptions options, TaskScheduler scheduler) =>
        factory.StartNew(function, cancellationToken, Without(options), scheduler);

    /// <inheritdoc cref="TaskFactory.StartNew{TResult}(Func{object, TResult}, object, TaskCreationOptions)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task<T> StartNew<T>(TaskFactory factory, Func<object?, T> function, object? argument, TaskCreationOptions options) =>
        factory.StartNew(function, argument, Without(options));

    /// <inheritdoc cref="TaskFactory.StartNew{TResult}(Func{object, TResult}, object, CancellationToken, TaskCreationOptions, TaskScheduler)"/>
    [Replaces(typeof(TaskFactory), "StartNew")]
    public static Task<T> StartNew<T>(
        TaskFactory factory, Func<object?, T> function, object? argument, CancellationToken cancellationToken, TaskCreationOptions options,
        TaskScheduler scheduler) =>
        factory.StartNew(function, argument, cancellationToken, Without(options), scheduler);

    /// <inheritdoc cref="TaskFactory{TResult}.StartNew(Func{TResult}, TaskCreationOptions)"/>
    [Replaces(typeof(TaskFactory<>), "StartNew")]
    public static Task<T> StartNew<T>(TaskFactory<T> factory, Func<T> function, TaskCreationOptions options) => factory.StartNew(function, Without(options));

    /// <inheritdoc cref="TaskFactory{TResult}.StartNew(Func{TResult}, CancellationToken, TaskCreationOptions, TaskScheduler)"/>
    [Replaces(typeof(TaskFactory<>), "StartNew")]
    public static Task<T> StartNew<T>(
        TaskFactory<T> factory, Func<T> function, CancellationToken cancellationToken, TaskCreationOptions options, TaskScheduler scheduler) =>
        factory.StartNew(function, cancellationToken, Without(options), scheduler);

    /// <inheritdoc cref="TaskFactory{TResult}.StartNew(Func{object, TResult}, object, TaskCreationOptions)"/>
    [Replaces(typeof(TaskFactory<>), "StartNew")]
    public static Task<T> StartNew<T>(TaskFactory<T> factory, Func<object?, T> function, object? argument, TaskCreationOptions options) =>
        factory.StartNew(function, argument, Without(options));

    /// <inheritdoc cref="TaskFactory{TResult}.StartNew(Func{object, TResult}, object, CancellationToken, TaskCreationOptions, TaskScheduler)"/>
    [Replaces(typeof(TaskFactory<>), "StartNew")]
    public static Task<T> StartNew<T>(
        TaskFactory<T> factory, Func<object?, T> function, object? argument, CancellationToken cancellationToken, TaskCreationOptions options,
        TaskScheduler scheduler) =>
        factory.StartNew(function, argument, cancellationToken, Without(options), scheduler);

    private static TaskCreationOptions Without(TaskCreationOptions options) =>
        Interception.Here("TaskFactory.StartNew") is null ? options : options & ~TaskCreationOptions.LongRunning;
}
