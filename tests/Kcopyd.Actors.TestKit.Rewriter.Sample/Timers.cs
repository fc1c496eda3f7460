namespace RewriterSample;

public static class Timers
{
    public static Timer New(TimerCallback callback) => new(callback);

    public static Timer New(TimerCallback callback, object? state, int due, int period) => new(callback, state, due, period);

    public static Timer New(TimerCallback callback, object? state, long due, long period) => new(callback, state, due, period);

    public static Timer New(TimerCallback callback, object? state, uint due, uint period) => new(callback, state, due, period);

    public static Timer New(TimerCallback callback, object? state, TimeSpan due, TimeSpan period) => new(callback, state, due, period);

    public static bool Change(Timer timer, int due, int period) => timer.Change(due, period);

    public static bool Change(Timer timer, long due, long period) => timer.Change(due, period);

    public static bool Change(Timer timer, uint due, uint period) => timer.Change(due, period);

    public static bool Change(Timer timer, TimeSpan due, TimeSpan period) => timer.Change(due, period);

    public static void Dispose(Timer timer) => timer.Dispose();

    public static bool Dispose(Timer timer, WaitHandle handle) => timer.Dispose(handle);

    public static ValueTask DisposeAsync(Timer timer) => timer.DisposeAsync();

    public static void Use(TimerCallback callback)
    {
        using var timer = new Timer(callback, null, 1000, 1000);
    }

    public static async Task UseAsync(TimerCallback callback)
    {
        await using var timer = new Timer(callback, null, 1000, 1000);
    }

    public static ValueTask DisposeThroughInterface(IAsyncDisposable disposable) => disposable.DisposeAsync();

    /// <summary>A delegate to a method of an interface: <c>ldvirtftn</c>.</summary>
    public static Action DisposeAsDelegate(IDisposable disposable) => disposable.Dispose;

    /// <summary>A call with a <c>constrained.</c> prefix, which stays as it is.</summary>
    public static void DisposeGeneric<T>(T disposable)
        where T : IDisposable => disposable.Dispose();

    public static PeriodicTimer Periodic(TimeSpan period) => new(period);
}
