namespace RewriterSample;

public static class Cancellations
{
    public static CancellationTokenSource New() => new();

    public static CancellationTokenSource New(int milliseconds) => new(milliseconds);

    public static CancellationTokenSource New(TimeSpan delay) => new(delay);

    public static void After(CancellationTokenSource source, int milliseconds) => source.CancelAfter(milliseconds);

    public static void After(CancellationTokenSource source, TimeSpan delay) => source.CancelAfter(delay);

    public static bool TryReset(CancellationTokenSource source) => source.TryReset();
}
