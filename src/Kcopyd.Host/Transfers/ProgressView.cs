using System.Diagnostics;

namespace Kcopyd.Host.Transfers;

/// <summary>Shows the progress of a command while its work runs. It polls the progress; nothing waits for it.</summary>
internal abstract class ProgressView(TextWriter writer, LatestProgress progress, TransferResult result)
{
    private readonly Lock _lock = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly RateMeter[] _rates = [.. result.Plan.Destinations.Select(static _ => new RateMeter())];

    protected TextWriter Writer { get; } = writer;

    protected LatestProgress Progress { get; } = progress;

    protected TransferResult Result { get; } = result;

    /// <summary>Shows the work until it ends. The caller handles failures of the work.</summary>
    public abstract Task WatchAsync(Task work);

    /// <summary>Prints a line for each destination. Can be called from any thread.</summary>
    public virtual void ShowNow()
    {
        var lines = new StringWriter();
        lock (_lock)
        {
            var elapsed = Stopwatch.GetElapsedTime(_started);
            for (var i = 0; i < _rates.Length; i++)
                lines.WriteLine(ProgressLine.Of(Name(i), Progress[i], Progress.State, Result.Wanted, elapsed, _rates[i].Look(Progress[i].Bytes, elapsed)));
            Writer.Write(lines.ToString());
        }
    }

    public static ProgressView For(ProgressMode mode, CommandConsole console, LatestProgress progress, TransferResult result) => mode switch
    {
        ProgressMode.None => new NoView(console.Error, progress, result),
        ProgressMode.Auto when console.IsTerminal && !result.Plan.IsOpenEnded => new BarView(console.Error, progress, result),
        _ => new PlainView(console.Error, progress, result, TimeSpan.FromSeconds(5)),
    };

    protected string Name(int destination) => Result.Plan.Destinations[destination].Operand.Name;

    /// <summary>Waits until the work ends or the interval has passed.</summary>
    /// <returns>False if the work has ended.</returns>
    protected static async Task<bool> RunsAfterAsync(Task work, TimeSpan interval) =>
        await Task.WhenAny(work, Task.Delay(interval)).ConfigureAwait(false) != work;

    private sealed class NoView(TextWriter writer, LatestProgress progress, TransferResult result) : ProgressView(writer, progress, result)
    {
        public override Task WatchAsync(Task work) => Task.CompletedTask;
    }
}
