namespace Kcopyd.Host.Transfers;

/// <summary>Prints a line for each destination every few seconds.</summary>
internal sealed class PlainView(TextWriter writer, LatestProgress progress, TransferResult result, TimeSpan interval) : ProgressView(writer, progress, result)
{
    public override async Task WatchAsync(Task work)
    {
        while (await RunsAfterAsync(work, interval).ConfigureAwait(false))
            ShowNow();
    }
}
