using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

public sealed class SlowDevices_should : EngineTest
{
    private const long Length = 16 << 20;

    /// <summary>A source whose requests take 20 ms each, so that a copy lasts long enough to be disturbed.</summary>
    private async Task<(NbdFuse Disk, FileBlockDevice Device)> SlowSourceAsync()
    {
        Requires.Fuse();
        var disk = Own(await NbdFuse.ServeAsync("--filter=delay", "file", Folder.RandomFile("image", Length), "rdelay=20ms"));
        return (disk, OpenSource(disk.Path, IoMode.Direct));
    }

    private async Task AssertClientLivesAsync()
    {
        var source = OpenSource(Folder["image"]);
        var copy = Create(Folder["afterwards"], Length);
        Assert.True((await Client.CopyAsync(source.Whole(), [copy.Whole()])).IsSuccess);
        await Files.AssertIdenticalAsync(source.Name, copy.Name);
        Assert.Equal(0, (await Client.GetStatusAsync()).Jobs);
    }

    [SkippableFact]
    public async Task be_given_up_when_the_job_is_cancelled()
    {
        var (_, source) = await SlowSourceAsync();
        var copy = Create(Folder["copy"], Length);
        using var cancellation = new CancellationTokenSource();
        var copying = Client.CopyAsync(source.Whole(), [copy.Whole()], CopyFlags.None, out var job, cancellation.Token);

        await ProgressAsync(job, progress => progress.Destinations[0].Bytes > 0);
        await cancellation.CancelAsync();

        var cancelled = await Assert.ThrowsAsync<CopyCancelledException>(() => copying);
        Assert.True(cancelled.Result.IsCancelled);
        Assert.InRange(cancelled.Result.Destinations[0].Bytes, 1, Length - 1);
        await AssertClientLivesAsync();
    }

    [SkippableFact]
    public async Task stand_still_while_the_job_is_paused()
    {
        var (_, source) = await SlowSourceAsync();
        var copy = Create(Folder["copy"], Length);
        var copying = Client.CopyAsync(source.Whole(), [copy.Whole()], CopyFlags.None, out var job);
        await ProgressAsync(job, progress => progress.Destinations[0].Bytes > 0);

        job.Pause();
        // The device itself is the clock: another job of several rounds lasts longer than the I/O that was in flight.
        await AnotherJobAsync(source);
        var before = (await job.GetProgressAsync())!;
        await AnotherJobAsync(source);
        var after = (await job.GetProgressAsync())!;

        Assert.Equal(JobState.Paused, after.State);
        Assert.Equal(before.Destinations[0].Bytes, after.Destinations[0].Bytes);
        Assert.InRange(after.Destinations[0].Bytes, 1, Length - 1);
        Assert.False(copying.IsCompleted);

        job.Resume();
        Assert.True((await copying).IsSuccess);
        await Files.AssertIdenticalAsync(Folder["image"], copy.Name);
    }

    [SkippableFact]
    public async Task that_vanish_as_the_source_cost_one_notification_and_not_the_client()
    {
        var (disk, source) = await SlowSourceAsync();
        var copy = Create(Folder["copy"], Length);
        var notifications = 0;
        var notified = new TaskCompletionSource<CopyResult>();
        var job = Client.Copy(source.Whole(), [copy.Whole()], CopyFlags.None, result =>
        {
            notifications++;
            notified.TrySetResult(result);
        });

        await ProgressAsync(job, progress => progress.Destinations[0].Bytes > 0);
        disk.Vanish();
        var result = await notified.Task.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.True(result.ReadError);
        Assert.Equal(0UL, result.WriteErrors);
        Assert.NotEqual(IoError.None, result.ReadFault!.Error);
        Assert.InRange(result.Destinations[0].Bytes, 1, Length - 1);
        await AssertClientLivesAsync();
        Assert.Equal(1, notifications);
    }

    [SkippableFact]
    public async Task that_vanish_as_a_destination_leave_the_others_whole()
    {
        Requires.Fuse();
        var disk = Own(await NbdFuse.ServeAsync("--filter=delay", "memory", $"{Length}", "wdelay=20ms"));
        var source = OpenSource(Folder.RandomFile("image", Length));
        var copy = Create(Folder["copy"], Length);
        var vanishing = Open(disk.Path);
        var notifications = 0;
        var notified = new TaskCompletionSource<CopyResult>();
        var job = Client.Copy(source.Whole(), [copy.Whole(), vanishing.Whole()], CopyFlags.IgnoreError, result =>
        {
            notifications++;
            notified.TrySetResult(result);
        });

        await ProgressAsync(job, progress => progress.Destinations[1].Bytes > 0);
        disk.Vanish();
        var result = await notified.Task.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.False(result.ReadError);
        Assert.Equal(2UL, result.WriteErrors);
        Assert.InRange(result.Destinations[1].Bytes, 1, Length - 1);
        await Files.AssertIdenticalAsync(source.Name, copy.Name);
        await AssertClientLivesAsync();
        Assert.Equal(1, notifications);
    }

    private async Task AnotherJobAsync(FileBlockDevice source)
    {
        var sectors = 3L * Client.Settings.SubJobsPerJob * Client.Settings.SubJobSize / IoRegion.SectorSize;
        Assert.True((await Client.CopyAsync(source.Region(0, sectors), [Own(BlockDevice.Null()).Region(0, sectors)])).IsSuccess);
    }
}
