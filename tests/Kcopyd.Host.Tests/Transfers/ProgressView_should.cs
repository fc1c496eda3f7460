using Kcopyd.Actors;
using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class ProgressView_should
{
    private static readonly IoFault Fault = new(IoError.Io, 0, "write failed");

    [Theory]
    [InlineData(0, JobState.Running, "disk: 0 B of 10.0 MiB (0 %), 512.0 KiB/s now, 0 B/s on average, waiting")]
    [InlineData(4 << 20, JobState.Running, "disk: 4.0 MiB of 10.0 MiB (40 %), 512.0 KiB/s now, 2.0 MiB/s on average, 00:00:03 left")]
    [InlineData((10 << 20) - 4096, JobState.Running, "disk: 9.9 MiB of 10.0 MiB (99 %), 512.0 KiB/s now, 5.0 MiB/s on average, 00:00:01 left")]
    [InlineData(10 << 20, JobState.Flushing, "disk: 10.0 MiB of 10.0 MiB (100 %), 512.0 KiB/s now, 5.0 MiB/s on average, flushing")]
    public void say_how_far_a_destination_is_and_how_long_it_will_take(long bytes, JobState state, string line) =>
        Assert.Equal(line, ProgressLine.Of("disk", new DestinationProgress(bytes, null), state, 10 << 20, TimeSpan.FromSeconds(2), 512 << 10));

    [Fact]
    public void say_that_a_destination_fails() =>
        Assert.EndsWith(", FAILING",
            ProgressLine.Of("disk", new DestinationProgress(1, Fault), JobState.Running, 2, TimeSpan.FromSeconds(1), 0), StringComparison.Ordinal);

    [Fact]
    public void tell_the_rate_since_the_last_look_from_the_mean()
    {
        var meter = new RateMeter();
        Assert.Equal(100, meter.Look(200, TimeSpan.FromSeconds(2)));
        Assert.Equal(50, meter.Look(250, TimeSpan.FromSeconds(3)));
        Assert.Equal(0, meter.Look(250, TimeSpan.FromSeconds(4)));
    }

    [Fact]
    public async Task print_plain_lines_until_the_work_ends_and_not_more_often_than_its_interval()
    {
        using var writer = new FirstTextWriter();
        var work = new TaskCompletionSource();
        var watching = new PlainView(writer, new LatestProgress(1), Result("disk"), TimeSpan.FromMilliseconds(1)).WatchAsync(work.Task);
        Assert.StartsWith("disk: 0 B of 1.0 KiB", await writer.First.WaitAsync(TimeSpan.FromSeconds(60)), StringComparison.Ordinal);
        work.SetResult();
        await watching;

        using var silent = new StringWriter();
        await new PlainView(silent, new LatestProgress(1), Result("disk"), TimeSpan.FromHours(1)).WatchAsync(work.Task);
        Assert.Empty(silent.ToString());
    }

    [Fact]
    public async Task draw_a_bar_for_each_destination_whatever_its_name()
    {
        using var writer = new StringWriter();
        var progress = new LatestProgress(2);
        progress.Started(1);
        progress.Report(new JobProgress(1, JobState.Running, 1024, 512, [new(512, null), new(0, Fault)]));
        await new BarView(writer, progress, Result("[bold]disk", "b")).WatchAsync(Task.CompletedTask);
        Assert.Contains("[bold]disk", writer.ToString(), StringComparison.Ordinal);
        Assert.Contains("50%", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task draw_no_more_bars_than_the_terminal_has_rows()
    {
        using var writer = new StringWriter();
        var result = Result([.. Enumerable.Range(0, 40).Select(static i => $"/a/very/long/path/to/a/destination/number/{i}")]);
        await new BarView(writer, new LatestProgress(40), result).WatchAsync(Task.CompletedTask);
        Assert.Contains("... and 19 more", writer.ToString(), StringComparison.Ordinal);     // two of 24 rows are left free
        Assert.DoesNotContain("number/21", writer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, 2)]
    [InlineData(60, 3)]
    [InlineData(80, 5)]
    [InlineData(100, 6)]
    public void show_as_much_as_fits_into_the_columns(int width, int columns) => Assert.Equal(columns, BarView.Columns(width).Length);

    [Fact]
    public void answer_who_asks_at_any_time()
    {
        using var writer = new StringWriter();
        var console = new CommandConsole(TextWriter.Null, writer, IsTerminal: false);
        console.AskForProgress();
        using (console.AnswerProgress(ProgressView.For(ProgressMode.None, console, new LatestProgress(1), Result("disk")).ShowNow))
            console.AskForProgress();
        console.AskForProgress();
        Assert.StartsWith("disk: 0 B of 1.0 KiB",
            Assert.Single(writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void count_on_from_the_jobs_before()
    {
        var progress = new LatestProgress(1);
        progress.Started(1);
        progress.Started(2);
        progress.Report(new JobProgress(1, JobState.Running, 100, 60, [new(60, null)]));
        progress.Report(new JobProgress(2, JobState.Running, 100, 3, [new(3, null)]));
        Assert.Equal(63, progress[0].Bytes);
        progress.Finished(new CopyResult { JobId = 1, Length = 100, DestinationCount = 1 });
        progress.Report(new JobProgress(1, JobState.Completed, 100, 100, [new(100, null)]));    // arrives late
        Assert.Equal(103, progress[0].Bytes);
        progress.Report(new JobProgress(2, JobState.Running, 100, 5, [new(5, Fault)]));
        Assert.Equal(new DestinationProgress(105, Fault), progress[0]);
    }

    private static TransferResult Result(params string[] paths)
    {
        var plan = new TransferPlan(null, [.. paths.Select(path => new Survey(new Operand("DEST", path, 0, null), OperandKind.File, 1024, default))], 1024);
        return new TransferResult(plan, new TransferOptions
        {
            Flags = CopyFlags.Flush, Rate = 0, Throttle = 100, Io = IoMode.Auto, SubJobSize = 512 << 10, Offload = null, Mapfile = null,
            Truncate = false, Progress = ProgressMode.Auto, Json = false, LogLevel = LogLevel.Warning,
        });
    }

    private sealed class FirstTextWriter : StringWriter
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => _first.Task;

        public override void Write(string? value) => _first.TrySetResult(value!);
    }
}
