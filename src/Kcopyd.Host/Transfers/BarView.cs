using Spectre.Console;

namespace Kcopyd.Host.Transfers;

/// <summary>Shows a bar for each destination on a terminal: as many bars as fit its rows, with as many details as fit its columns.</summary>
internal sealed class BarView(TextWriter writer, LatestProgress progress, TransferResult result) : ProgressView(writer, progress, result)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public override async Task WatchAsync(Task work)
    {
        var output = new TerminalOutput(Writer);
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
        var count = Result.Plan.Destinations.Count;
        var shown = Math.Min(count, Math.Max(1, output.Height - 2));
        // The last bar represents all remaining destinations: it shows the slowest of them.
        var first = shown == count ? count : shown - 1;
        await terminal.Progress().Columns(Columns(output.Width)).StartAsync(async screen =>
        {
            var names = Enumerable.Range(0, shown)
                .Select(i => i < first ? Short(Name(i), output.Width / 3) : $"... and {count - first} more")
                .Select(Markup.Escape)
                .ToArray();
            var bars = Array.ConvertAll(names, name => screen.AddTask(name, maxValue: Math.Max(1, Result.Wanted)));
            bool runs;
            do
            {
                runs = await RunsAfterAsync(work, Interval).ConfigureAwait(false);
                for (var i = 0; i < bars.Length; i++)
                {
                    var those = i < first ? Enumerable.Range(i, 1) : Enumerable.Range(first, count - first);
                    bars[i].MaxValue = Math.Max(1, Result.Wanted);
                    bars[i].Value = those.Min(j => Progress[j].Bytes);
                    if (those.Any(j => Progress[j].Fault is not null))
                        bars[i].Description = $"[red]{names[i]}[/]";
                }
            }
            while (runs);
        }).ConfigureAwait(false);
    }

    // The bars already show the progress.
    public override void ShowNow()
    {
    }

    internal static ProgressColumn[] Columns(int width)
    {
        var name = new TaskDescriptionColumn { Alignment = Justify.Left };
        return width switch
        {
            < 50 => [name, new PercentageColumn()],
            < 70 => [name, new PercentageColumn(), new TransferSpeedColumn()],
            < 90 => [name, new ProgressBarColumn { Width = 16 }, new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn()],
            _ =>
            [
                name, new ProgressBarColumn { Width = width < 120 ? 16 : 40 }, new PercentageColumn(), new DownloadedColumn(),
                new TransferSpeedColumn(), new RemainingTimeColumn(),
            ],
        };
    }

    // The end of a path is more informative than its start.
    private static string Short(string name, int width) => name.Length <= Math.Max(8, width) ? name : "..." + name[^(Math.Max(8, width) - 3)..];
}
