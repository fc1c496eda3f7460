namespace Kcopyd.Host.Transfers;

/// <summary>Shows how far a command is for as long as its work runs. It looks at the progress when it likes; nothing waits for it.</summary>
internal abstract class ProgressView
{
    /// <summary>Shows the work until it ends, and ends with it; its failure is the caller's.</summary>
    public abstract Task WatchAsync(Task work, LatestProgress progress, TransferResult result);

    public static ProgressView For(ProgressMode mode, CommandConsole console) => mode switch
    {
        ProgressMode.None => new NoView(),
        ProgressMode.Auto when console.IsTerminal => new BarView(console.Error),
        _ => new PlainView(console.Error, TimeSpan.FromSeconds(5)),
    };

    /// <summary>Waits for the end of the work, or for the time to look again.</summary>
    /// <returns>False if the work has ended.</returns>
    protected static async Task<bool> RunsAfterAsync(Task work, TimeSpan interval) =>
        await Task.WhenAny(work, Task.Delay(interval)).ConfigureAwait(false) != work;

    private sealed class NoView : ProgressView
    {
        public override Task WatchAsync(Task work, LatestProgress progress, TransferResult result) => Task.CompletedTask;
    }
}
