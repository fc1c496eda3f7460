namespace RewriterSample;

public static class Threads
{
    public static void Sleep(int milliseconds) => Thread.Sleep(milliseconds);

    public static void Sleep(TimeSpan time) => Thread.Sleep(time);

    public static void Start(Thread thread) => thread.Start();

    public static void Start(Thread thread, object? parameter) => thread.Start(parameter);

    public static void UnsafeStart(Thread thread) => thread.UnsafeStart();

    public static void UnsafeStart(Thread thread, object? parameter) => thread.UnsafeStart(parameter);

    public static Thread New(Action action) => new(() => action());
}
