using System.Diagnostics;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Transfers;
using Spectre.Console;

namespace Kcopyd.Host.Snapshots;

/// <summary>How far a merge is, and the view of that. The merge leaves a number here; the view looks at it when it likes.</summary>
internal sealed class MergeWatch(string origin, long chunks, int chunkSize) : IProgress<MergeProgress>
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5), BarInterval = TimeSpan.FromMilliseconds(100);

    private long _merged;

    private long Bytes => Volatile.Read(ref _merged) * chunkSize;

    private long Wanted => chunks * chunkSize;

    public void Report(MergeProgress value) => Volatile.Write(ref _merged, value.Merged);

    /// <summary>Shows the merge until it ends; its failure is the caller's.</summary>
    public Task WatchAsync(Task merge, ProgressMode mode, CommandConsole console) => mode switch
    {
        ProgressMode.None => Task.CompletedTask,
        ProgressMode.Auto when console.IsTerminal => ShowBarAsync(merge, console.Error),
        _ => ShowLinesAsync(merge, console.Error),
    };

    private async Task ShowLinesAsync(Task merge, TextWriter writer)
    {
        var started = Stopwatch.GetTimestamp();
        var rate = new RateMeter();
        while (await RunsAfterAsync(merge, PlainInterval).ConfigureAwait(false))
        {
            var (bytes, elapsed) = (Bytes, Stopwatch.GetElapsedTime(started));
            await writer.WriteLineAsync(ProgressLine.Of(origin, new DestinationProgress(bytes, null), JobState.Running, Wanted, elapsed, rate.Look(bytes, elapsed))).ConfigureAwait(false);
        }
    }

    private Task ShowBarAsync(Task merge, TextWriter writer)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new TerminalOutput(writer), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
        return terminal.Progress()
            .Columns(BarView.Columns(new TerminalOutput(writer).Width))
            .StartAsync(async screen =>
            {
                var bar = screen.AddTask(Markup.Escape(origin), maxValue: Math.Max(1, Wanted));
                while (await RunsAfterAsync(merge, BarInterval).ConfigureAwait(false))
                    bar.Value = Bytes;
                bar.Value = Bytes;
            });
    }

    private static async Task<bool> RunsAfterAsync(Task work, TimeSpan interval) => await Task.WhenAny(work, Task.Delay(interval)).ConfigureAwait(false) != work;
}
