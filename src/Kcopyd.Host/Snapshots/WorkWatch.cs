using System.Diagnostics;
using Kcopyd.Actors;
using Kcopyd.Host.Transfers;
using Spectre.Console;

namespace Kcopyd.Host.Snapshots;

/// <summary>The progress of a task, and its display. The task stores a number here; the display polls it.</summary>
/// <param name="name">The name of the target.</param>
/// <param name="wanted">The total in bytes; null if it is unknown before the end.</param>
internal sealed class WorkWatch(string name, long? wanted)
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5), BarInterval = TimeSpan.FromMilliseconds(100);

    private long _bytes;

    /// <summary>The number of bytes done. Thread-safe.</summary>
    public long Bytes
    {
        get => Volatile.Read(ref _bytes);
        set => Volatile.Write(ref _bytes, value);
    }

    /// <summary>Shows the progress until the work ends; the caller handles its failure.</summary>
    public async Task WatchAsync(Task work, ProgressMode mode, CommandConsole console)
    {
        var begun = Stopwatch.GetTimestamp();
        if (mode == ProgressMode.Auto && console.IsTerminal)
        {
            await ShowBarAsync(work, console.Error).ConfigureAwait(false);
            return;
        }
        using var answer = console.AnswerProgress(() => console.Error.WriteLine(Line(Stopwatch.GetElapsedTime(begun), new RateMeter())));
        if (mode != ProgressMode.None)
            await ShowLinesAsync(work, console.Error, begun).ConfigureAwait(false);
        else
            await Task.WhenAny(work).ConfigureAwait(false);
    }

    private async Task ShowLinesAsync(Task work, TextWriter writer, long begun)
    {
        var rate = new RateMeter();
        while (await RunsAfterAsync(work, PlainInterval).ConfigureAwait(false))
            await writer.WriteLineAsync(Line(Stopwatch.GetElapsedTime(begun), rate)).ConfigureAwait(false);
    }

    private string Line(TimeSpan elapsed, RateMeter rate)
    {
        var bytes = Bytes;
        return ProgressLine.Of(name, new DestinationProgress(bytes, null), JobState.Running, wanted ?? -1, elapsed, rate.Look(bytes, elapsed));
    }

    private Task ShowBarAsync(Task work, TextWriter writer)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(writer),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
        });
        return terminal.Progress()
            .Columns(BarView.Columns(new TerminalOutput(writer).Width))
            .StartAsync(async screen =>
            {
                var bar = screen.AddTask(Markup.Escape(name), maxValue: Math.Max(1, wanted ?? 1));
                bar.IsIndeterminate = wanted is null;
                while (await RunsAfterAsync(work, BarInterval).ConfigureAwait(false))
                    bar.Value = Bytes;
                bar.Value = Bytes;
            });
    }

    private static async Task<bool> RunsAfterAsync(Task work, TimeSpan interval) =>
        await Task.WhenAny(work, Task.Delay(interval)).ConfigureAwait(false) != work;
}
