using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Pause_should : EngineSpec
{
    [Fact]
    public async Task let_what_is_in_flight_finish_and_start_nothing_until_resumed()
    {
        var memory = Random(100 * Piece);
        var stall = memory.WithStall();
        var mirror = BlockDevice.Memory(100 * Piece);
        var client = Client();
        var copy = client.CopyAsync(stall.Whole(), [mirror.Whole()], CopyFlags.None, out var job);
        await Soon(stall.WaitingAsync(8));
        job.Pause();
        Assert.Equal(JobState.Paused, (await job.GetProgressAsync())!.State);
        stall.Release();
        await Still(client);
        Assert.Equal(8, stall.Injected);
        Assert.Equal(8 * Piece, (await job.GetProgressAsync())!.Destinations[0].Bytes);
        Assert.False(copy.IsCompleted);
        job.Resume();
        Assert.True((await Soon(copy)).IsSuccess);
        Assert.True(memory.Bytes.SequenceEqual(mirror.Bytes));
    }

    [Fact]
    public async Task hold_a_waiting_job_and_not_the_others()
    {
        var client = Client(s => s with { MaxSubJobs = 1 });
        var stall = Random(Piece).WithStall();
        var first = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)));
        var paused = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var job);
        job.Pause();
        job.Pause();
        var third = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)));
        stall.Release();
        await Soon(Task.WhenAll(first, third));
        Assert.Equal(JobState.Paused, (await job.GetProgressAsync())!.State);
        job.Resume();
        job.Resume();
        Assert.True((await Soon(paused)).IsSuccess);
        job.Pause();        // after the end: no effect
        job.Resume();
        await Soon(client.DestroyAsync());
    }

    [Fact]
    public async Task hold_between_the_phases_too()
    {
        var mirror = BlockDevice.Memory(Piece).WithStall(IoOperations.Write);
        var flushed = new CountingDevice(mirror);
        var client = Client();
        var copy = client.CopyAsync(Random(Piece).Whole(), Whole(flushed), CopyFlags.Verify, out var job);
        await Soon(mirror.WaitingAsync());
        job.Pause();
        await job.GetProgressAsync();
        mirror.Release();
        await Still(client);
        Assert.Equal(0, flushed.Flushes);
        job.Resume();
        Assert.True((await Soon(copy)).IsSuccess);
        Assert.Equal(1, flushed.Flushes);
    }

    [Fact]
    public async Task hold_up_destroy_until_resumed()
    {
        var client = Client();
        var stall = Random(100 * Piece).WithStall();
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, 100 * Piece)), CopyFlags.Sequential, out var job);
        await Soon(stall.WaitingAsync());
        job.Pause();
        var destroyed = client.DestroyAsync();
        stall.Release();
        await Still(client);
        Assert.False(destroyed.IsCompleted);
        job.Resume();
        Assert.True((await Soon(copy)).IsSuccess);
        await Soon(destroyed);
    }
}
