using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;
using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class ProgressView_should
{
    private static readonly IoFault Fault = new(IoError.Io, 0, "write failed");

    [Theory]
    [InlineData(0, JobState.Running, "disk: 0 B of 10.0 MiB, 0 B/s, waiting")]
    [InlineData(4 << 20, JobState.Running, "disk: 4.0 MiB of 10.0 MiB, 2.0 MiB/s, 00:00:03 left")]
    [InlineData(10 << 20, JobState.Flushing, "disk: 10.0 MiB of 10.0 MiB, 5.0 MiB/s, flushing")]
    public void say_how_far_a_destination_is_and_how_long_it_will_take(long bytes, JobState state, string line) =>
        Assert.Equal(line, PlainView.Line("disk", new DestinationProgress(bytes, null), state, 10 << 20, TimeSpan.FromSeconds(2)));

    [Fact]
    public void say_that_a_destination_fails() =>
        Assert.EndsWith(", FAILING", PlainView.Line("disk", new DestinationProgress(1, Fault), JobState.Running, 2, TimeSpan.FromSeconds(1)), StringComparison.Ordinal);

    [Fact]
    public async Task print_plain_lines_until_the_work_ends_and_not_more_often_than_its_interval()
    {
        using var writer = new FirstLineWriter();
        var work = new TaskCompletionSource();
        var watching = new PlainView(writer, TimeSpan.FromMilliseconds(1)).WatchAsync(work.Task, new LatestProgress(1), Result("disk"));
        Assert.StartsWith("disk: 0 B of 1.0 KiB", await writer.FirstLine.WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
        work.SetResult();
        await watching;

        using var silent = new StringWriter();
        await new PlainView(silent, TimeSpan.FromHours(1)).WatchAsync(work.Task, new LatestProgress(1), Result("disk"));
        Assert.Empty(silent.ToString());
    }

    [Fact]
    public async Task draw_a_bar_for_each_destination_whatever_its_name()
    {
        using var writer = new StringWriter();
        var progress = new LatestProgress(2);
        progress.Started(1);
        progress.Report(new JobProgress(1, JobState.Running, 1024, 512, [new(512, null), new(0, Fault)]));
        await new BarView(writer).WatchAsync(Task.CompletedTask, progress, Result("[bold]disk", "b"));
        Assert.Contains("[bold]disk", writer.ToString(), StringComparison.Ordinal);
        Assert.Contains("50%", writer.ToString(), StringComparison.Ordinal);
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
        progress.Report(new JobProgress(1, JobState.Completed, 100, 100, [new(100, null)]));    // late
        Assert.Equal(103, progress[0].Bytes);
        progress.Report(new JobProgress(2, JobState.Running, 100, 5, [new(5, Fault)]));
        Assert.Equal(new DestinationProgress(105, Fault), progress[0]);
    }

    private static TransferResult Result(params string[] paths)
    {
        var plan = new TransferPlan(null, [.. paths.Select(path => new Survey(new Target("DEST", path, 0, null), TargetKind.File, 1024, null))], 1024);
        return new TransferResult(plan, new TransferOptions
        {
            Flags = CopyFlags.Flush, Rate = 0, Throttle = 100, Io = IoMode.Auto, SubJobSize = 512 << 10, Offload = null, Mapfile = null,
            Truncate = false, Progress = ProgressMode.Auto, Json = false, LogLevel = LogLevel.Warning,
        });
    }

    private sealed class FirstLineWriter : StringWriter
    {
        private readonly TaskCompletionSource<string?> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string?> FirstLine => _first.Task;

        public override Task WriteLineAsync(string? value)
        {
            _first.TrySetResult(value);
            return Task.CompletedTask;
        }
    }
}
