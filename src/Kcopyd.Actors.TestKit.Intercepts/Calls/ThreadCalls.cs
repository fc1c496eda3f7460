namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>Threads: sleeping takes virtual time, and a new thread leaves the simulation.</summary>
public static class ThreadCalls
{
    /// <inheritdoc cref="Thread.Sleep(int)"/>
    [Replaces(typeof(Thread), "Sleep")]
    public static void Sleep(int millisecondsTimeout) => Sleep(TimeSpan.FromMilliseconds(millisecondsTimeout));

    /// <inheritdoc cref="Thread.Sleep(TimeSpan)"/>
    [Replaces(typeof(Thread), "Sleep")]
    public static void Sleep(TimeSpan timeout)
    {
        if (Interception.Here("Thread.Sleep") is not { } state)
        {
            Thread.Sleep(timeout);
            return;
        }
        var milliseconds = (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, nameof(timeout));
        state.Environment.Sleep(timeout);
    }

    /// <inheritdoc cref="Thread.Start()"/>
    [Replaces(typeof(Thread), "Start")]
    public static void Start(Thread thread)
    {
        Leave(thread);
        thread.Start();
    }

    /// <inheritdoc cref="Thread.Start(object)"/>
    [Replaces(typeof(Thread), "Start")]
    public static void Start(Thread thread, object? parameter)
    {
        Leave(thread);
        thread.Start(parameter);
    }

    /// <inheritdoc cref="Thread.UnsafeStart()"/>
    [Replaces(typeof(Thread), "UnsafeStart")]
    public static void UnsafeStart(Thread thread)
    {
        Leave(thread);
        thread.UnsafeStart();
    }

    /// <inheritdoc cref="Thread.UnsafeStart(object)"/>
    [Replaces(typeof(Thread), "UnsafeStart")]
    public static void UnsafeStart(Thread thread, object? parameter)
    {
        Leave(thread);
        thread.UnsafeStart(parameter);
    }

    private static void Leave(Thread thread) =>
        Interception.Here("Thread.Start")?.Environment.LeftSimulation($"Thread.Start of {(thread.Name is { } name ? $"thread '{name}'" : "a thread without a name")}");
}
