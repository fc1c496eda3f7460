using System.Collections.Concurrent;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Progress_should() : EngineSpec(VirtualTime)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<JobProgress> _seen = new();

    [Fact]
    public async Task tell_on_request_what_each_destination_has()
    {
        var stall = Random(100 * Piece).WithStall();
        var bad = BlockDevice.Memory(100 * Piece, name: "bad").WithErrors(ByteRange.Sectors(3));
        var client = Client(s => s with { SubJobsPerJob = 1 });
        var copy = client.CopyAsync(stall.Whole(), Whole(BlockDevice.Memory(100 * Piece), bad), CopyFlags.IgnoreError, out var job);
        await Soon(stall.WaitingAsync());
        Assert.Equal((JobState.Running, 0L), (await State(job), (await job.GetProgressAsync())!.BytesRead));
        stall.ReleaseOne();
        await Until(() => stall.Injected == 2);
        var progress = (await job.GetProgressAsync())!;
        Assert.Equal((job.Id, 100L * Piece, (long)Piece), (progress.JobId, progress.Length, progress.BytesRead));
        Assert.Equal(new DestinationProgress(Piece, null), progress.Destinations[0]);
        Assert.Equal(Piece - 512, progress.Destinations[1].Bytes);
        Assert.Equal(IoError.Io, progress.Destinations[1].Fault!.Error);
        Assert.StartsWith("bad: write failed at sector", progress.Destinations[1].Fault!.Message, StringComparison.Ordinal);
        stall.Release();
        await Soon(copy);
        Assert.Null(await job.GetProgressAsync());
    }

    [Fact]
    public async Task name_every_state()
    {
        var (read, flush) = (Random(Piece).WithStall(), BlockDevice.Memory(Piece).WithStall(IoOperations.Flush | IoOperations.Read));
        var client = Client(s => s with { MaxSubJobs = 1 });
        var copy = client.CopyAsync(read.Whole(), Whole(flush), CopyFlags.Verify, out var job);
        var behind = client.CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var waiting);
        await Soon(read.WaitingAsync());
        Assert.Equal((JobState.Running, JobState.Waiting), (await State(job), await State(waiting)));
        job.Pause();
        Assert.Equal(JobState.Paused, await State(job));
        job.Resume();
        read.Release();
        await Soon(flush.WaitingAsync());
        Assert.Equal(JobState.Flushing, await State(job));
        flush.ReleaseOne();
        await Soon(flush.WaitingAsync());
        Assert.Equal(JobState.Verifying, await State(job));
        job.Cancel();
        Assert.Equal(JobState.Stopping, await State(job));
        flush.Release();
        await Soon(Task.WhenAll(copy, behind));
    }

    [Fact]
    public async Task come_no_more_often_than_the_interval_and_only_after_a_change()
    {
        var stall = Random(100 * Piece).WithStall();
        var client = Client(s => s with { SubJobsPerJob = 1 });
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.None, out var job);
        job.SubscribeProgress(TestActor, Second);
        await State(job);
        for (var second = 0; second < 5; second++)
        {
            for (var piece = 0; piece < 4; piece++)     // four changes a second, one message
            {
                await Soon(stall.WaitingAsync());
                stall.ReleaseOne();
                await Until(() => stall.Injected == second * 4 + piece + 2);
                Scheduler.Advance(Second / 4);
            }
            var progress = await ExpectMsgAsync<JobProgress>();
            Assert.Equal((job.Id, (second * 4 + 4) * Piece), (progress.JobId, progress.Destinations[0].Bytes));
        }
        await State(job);
        Scheduler.Advance(10 * Second);     // nothing changes
        await State(job);
        await ExpectNoMsgAsync(TimeSpan.Zero);
        stall.Release();
        await Soon(copy);
        var last = await ExpectMsgAsync<JobProgress>();
        Assert.Equal((JobState.Completed, 100L * Piece), (last.State, last.Destinations[0].Bytes));
        Scheduler.Advance(10 * Second);
        await client.GetStatusAsync();
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task not_come_more_often_than_the_client_allows()
    {
        var stall = Random(100 * Piece).WithStall();
        var client = Client(s => s with { SubJobsPerJob = 1, ProgressInterval = Second });
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.None, out var job);
        job.SubscribeProgress(TestActor, TimeSpan.Zero);
        await State(job);
        stall.ReleaseOne();
        await Until(() => stall.Injected == 2);
        Scheduler.Advance(0.99 * Second);
        await State(job);
        await ExpectNoMsgAsync(TimeSpan.Zero);
        Scheduler.Advance(0.01 * Second);
        await ExpectMsgAsync<JobProgress>();
        stall.Release();
        await Soon(copy);
    }

    [Fact]
    public async Task end_with_its_subscription_and_leave_the_others()
    {
        var stall = Random(2 * Piece).WithStall();
        var client = Client(s => s with { SubJobsPerJob = 1 });
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, 2 * Piece)), CopyFlags.None, out var job);
        using var ended = job.SubscribeProgress(TestActor, Second);
        var delegates = job.SubscribeProgress(new Watcher(_seen.Enqueue), Second);
        job.SubscribeProgress(TestActor, Second);
        ended.Dispose();
        delegates.Dispose();
        ended.Dispose();
        await State(job);
        stall.Release();
        await Soon(copy);
        Assert.Equal(JobState.Completed, (await ExpectMsgAsync<JobProgress>()).State);
        await ExpectNoMsgAsync(TimeSpan.Zero);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task end_for_an_actor_that_asks_for_it_by_the_protocol()
    {
        var stall = Random(Piece).WithStall();
        var client = Client();
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var job);
        client.Actor.Tell(new KcopydProtocol.SubscribeProgress(job.Id, Second, TestActor), TestActor);
        await ExpectMsgAsync<KcopydProtocol.Done>();
        client.Actor.Tell(new KcopydProtocol.UnsubscribeProgress(job.Id, TestActor), TestActor);
        await ExpectMsgAsync<KcopydProtocol.Done>();
        stall.Release();
        await Soon(copy);
        await ExpectNoMsgAsync(TimeSpan.Zero);
        client.Actor.Tell(new KcopydProtocol.UnsubscribeProgress(job.Id, TestActor), TestActor);
        await ExpectMsgAsync<KcopydProtocol.JobNotFound>();
    }

    [Fact]
    public async Task reach_a_delegate_too_with_a_last_one_before_the_notification()
    {
        var stall = Random(Piece).WithStall();
        var atTheEnd = new TaskCompletionSource<JobState>();
        var job = Client().Copy(stall.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, (_, _, _) => atTheEnd.SetResult(_seen.Single().State));
        job.SubscribeProgress(new Watcher(_seen.Enqueue), Second);
        stall.Release();
        Assert.Equal(JobState.Completed, await Soon(atTheEnd.Task));
    }

    [Fact]
    public async Task do_no_harm_when_its_delegate_throws()
    {
        var stall = Random(Piece).WithStall();
        var client = Client();
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var job);
        job.SubscribeProgress(new Watcher(_ => throw new InvalidDataException("a user's bug")), Second);
        await State(job);
        await EventFilter.Exception<InvalidDataException>().ExpectOneAsync(async () =>
        {
            stall.Release();
            Assert.True((await Soon(copy)).IsSuccess);
        });
        Assert.True((await Soon(client.CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece))))).IsSuccess);
    }

    [Fact]
    public async Task take_any_interval()
    {
        var stall = Random(Piece).WithStall();
        var copy = Client().CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var job);
        job.SubscribeProgress(TestActor, TimeSpan.MaxValue);
        job.SubscribeProgress(TestActor, TimeSpan.MinValue);
        await State(job);
        stall.Release();
        Assert.True((await Soon(copy)).IsSuccess);
        await ExpectMsgAsync<JobProgress>();
        await ExpectMsgAsync<JobProgress>();
    }

    [Fact]
    public async Task be_nothing_for_a_job_that_is_done()
    {
        var client = Client();
        await Soon(client.CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var job));
        job.SubscribeProgress(TestActor, Second);
        job.SubscribeProgress(new Watcher(_seen.Enqueue), Second);
        Assert.Null(await job.GetProgressAsync());
        Scheduler.Advance(10 * Second);
        await client.GetStatusAsync();
        await ExpectNoMsgAsync(TimeSpan.Zero);
        Assert.Empty(_seen);
    }

    private static async Task<JobState> State(KcopydJob job) => (await job.GetProgressAsync())!.State;

    private sealed class Watcher(Action<JobProgress> report) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => report(value);
    }
}
