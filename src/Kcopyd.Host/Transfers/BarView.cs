using Spectre.Console;

namespace Kcopyd.Host.Transfers;

/// <summary>A bar with rate and time left for each destination, on a terminal.</summary>
internal sealed class BarView(TextWriter writer) : ProgressView
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public override async Task WatchAsync(Task work, LatestProgress progress, TransferResult result)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        await terminal.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async screen =>
            {
                var paths = result.Plan.Destinations.Select(destination => Markup.Escape(destination.Target.Path)).ToArray();
                var bars = Array.ConvertAll(paths, path => screen.AddTask(path, maxValue: Math.Max(1, result.Wanted)));
                bool runs;
                do
                {
                    runs = await RunsAfterAsync(work, Interval).ConfigureAwait(false);
                    for (var i = 0; i < bars.Length; i++)
                    {
                        bars[i].MaxValue = Math.Max(1, result.Wanted);
                        bars[i].Value = progress[i].Bytes;
                        if (progress[i].Fault is not null)
                            bars[i].Description = $"[red]{paths[i]}[/]";
                    }
                }
                while (runs);
            }).ConfigureAwait(false);
    }
}
