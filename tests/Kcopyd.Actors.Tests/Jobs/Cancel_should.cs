using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Cancel_should : EngineSpec
{
    [Fact]
    public async Task end_a_waiting_job_at_once()
    {
        var client = Client(s => s with { MaxSubJobs = 1 });
        var stall = Random(Piece).WithStall();
        var running = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)));
        var waiting = client.CopyAsync(stall.Whole(), Whole(Mirrors(2, Piece)), CopyFlags.None, out var job);
        await Soon(stall.WaitingAsync());
        job.Cancel();
        var result = await Soon(waiting);
        Assert.Equal((true, false, 0b11UL), (result.IsCancelled, result.ReadError, result.WriteErrors));
        Assert.All(result.Destinations, destination => Assert.Equal((0L, IoError.Cancelled), (destination.Bytes, destination.Fault!.Error)));
        stall.Release();
        Assert.True((await Soon(running)).IsSuccess);
        Assert.Equal(1, stall.Injected);
    }

    [Fact]
    public async Task wait_for_what_a_stalled_device_has_and_start_nothing_more()
    {
        var stall = Random(100 * Piece).WithStall();
        var client = Client();
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.IgnoreError, out var job);
        await Soon(stall.WaitingAsync(8));
        job.Cancel();
        Assert.Equal(JobState.Stopping, (await job.GetProgressAsync())!.State);
        stall.Release();
        var result = await Soon(copy);
        Assert.Equal((true, 1UL), (result.IsCancelled, result.WriteErrors));
        Assert.Equal(8 * Piece, result.Destinations[0].Bytes);
        Assert.Contains("incomplete: the job was cancelled", result.Destinations[0].Fault!.Message, StringComparison.Ordinal);
        Assert.Equal(8, stall.Injected);
    }

    [Fact]
    public async Task notify_once_however_often_and_do_nothing_after_the_end()
    {
        var client = Client();
        var stall = Random(100 * Piece).WithStall();
        var job = client.Copy(stall.Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.None, TestActor);
        await Soon(stall.WaitingAsync());
        job.Cancel();
        job.Cancel();
        stall.Release();
        Assert.True((await ExpectMsgAsync<CopyResult>()).IsCancelled);
        job.Cancel();
        client.GetJob(job.Id).Cancel();
        client.GetJob(4711).Cancel();
        await Soon(client.DestroyAsync());
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task leave_a_finished_job_a_success()
    {
        var client = Client();
        var copy = client.CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var job);
        var result = await Soon(copy);
        job.Cancel();
        Assert.True(result.IsSuccess);
        Assert.Null(await job.GetProgressAsync());
    }

    [Fact]
    public async Task through_a_token_throw_what_carries_the_result()
    {
        using var cancellation = new CancellationTokenSource();
        var stall = Random(100 * Piece).WithStall();
        var copy = Client().CopyAsync(stall.Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.None, cancellation.Token);
        await Soon(stall.WaitingAsync(8));
        await cancellation.CancelAsync();
        Assert.False(copy.IsCompleted);     // I/O in flight finishes first
        stall.Release();
        var error = await Assert.ThrowsAsync<CopyCancelledException>(() => Soon(copy));
        Assert.Equal(cancellation.Token, error.CancellationToken);
        Assert.Equal((true, 8 * Piece), (error.Result.IsCancelled, error.Result.Destinations[0].Bytes));
    }

    [Fact]
    public async Task take_a_token_that_is_cancelled_already_or_after_the_end()
    {
        var client = Client(s => s with { MaxSubJobs = 1 });
        using var cancellation = new CancellationTokenSource();
        var stall = Random(Piece).WithStall();
        var first = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, cancellation.Token);
        await Soon(stall.WaitingAsync());
        var zero = client.ZeroAsync(Whole(BlockDevice.Memory(Piece)), CopyFlags.None, new CancellationToken(canceled: true));
        await Assert.ThrowsAsync<CopyCancelledException>(() => Soon(zero));
        stall.Release();
        Assert.True((await Soon(first)).IsSuccess);
        await cancellation.CancelAsync();
        Assert.True((await first).IsSuccess);
    }

    [Fact]
    public async Task reach_a_paused_job()
    {
        var stall = Random(100 * Piece).WithStall();
        var copy = Client().CopyAsync(stall.Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.None, out var job);
        await Soon(stall.WaitingAsync());
        job.Pause();
        job.Cancel();
        stall.Release();
        Assert.True((await Soon(copy)).IsCancelled);
    }

    [Fact]
    public async Task reach_a_throttled_job_at_once()
    {
        var client = Client(s => s with { BytesPerSecond = 1 });
        var copy = client.CopyAsync(Random(100 * Piece).Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.None, out var job);
        await Until(async () => await client.GetStatusAsync() is { SubJobsInFlight: 0 });
        job.Cancel();
        Assert.True((await Soon(copy)).IsCancelled);
    }

    [Fact]
    public async Task during_the_flush_keep_what_is_written_but_call_no_destination_good()
    {
        var stall = BlockDevice.Memory(Piece).WithStall(IoOperations.Flush);
        var copy = Client().CopyAsync(Random(Piece).Whole(), Whole(stall), CopyFlags.Verify, out var job);
        await Soon(stall.WaitingAsync());
        job.Cancel();
        stall.Release();
        var result = await Soon(copy);
        Assert.Equal((true, 1UL, Piece), (result.IsCancelled, result.WriteErrors, result.Destinations[0].Bytes));
    }
}
