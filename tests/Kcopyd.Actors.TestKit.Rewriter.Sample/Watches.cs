using System.Diagnostics;

namespace RewriterSample;

public static class Watches
{
    public static readonly Stopwatch Eternal = Stopwatch.StartNew();

    public static Stopwatch StartNew() => Stopwatch.StartNew();

    public static void Start(Stopwatch watch) => watch.Start();

    public static void Stop(Stopwatch watch) => watch.Stop();

    public static void Reset(Stopwatch watch) => watch.Reset();

    public static void Restart(Stopwatch watch) => watch.Restart();

    public static TimeSpan Elapsed(Stopwatch watch) => watch.Elapsed;

    public static long Milliseconds(Stopwatch watch) => watch.ElapsedMilliseconds;

    public static long Ticks(Stopwatch watch) => watch.ElapsedTicks;

    public static TimeSpan OfEternal() => Eternal.Elapsed;

    /// <summary>A delegate that is closed over an object: the first argument of the intercept.</summary>
    public static Action StartAsDelegate(Stopwatch watch) => watch.Start;
}
