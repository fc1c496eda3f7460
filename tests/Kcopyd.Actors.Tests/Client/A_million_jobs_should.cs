using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Client;

[Collection(Alone.Name)]
public sealed class A_million_jobs_should(ITestOutputHelper output) : EngineSpec(VirtualTime)
{
    private const int Jobs = 1_000_000;
    private const long Megabyte = 1 << 20;

    private int _told;

    [Fact]
    public async Task be_refused_beyond_the_bound_stay_within_memory_be_notified_and_leave_nothing_behind()
    {
        var client = Sys.Kcopyd().CreateClient();
        var settings = client.Settings;
        var source = Random(4096);
        var to = Whole(BlockDevice.Memory(4096));
        CopyNotify notify = (_, _, _) => _told++;
        client.Copy(source.Whole(), to, CopyFlags.None, notify);
        await Until(() => Volatile.Read(ref _told) == 1);
        await Trimmed(client);
        _told = 0;
        var before = LiveBytes();

        int refused = 0, maxQueued = 0;
        long maxLive = 0;
        for (var admitted = 0; admitted < Jobs;)
        {
            try
            {
                client.Copy(source.Whole(), to, CopyFlags.None, notify);
                admitted++;
            }
            catch (KcopydQueueFullException error)
            {
                Assert.Contains("kcopyd.client.max-jobs", error.Message, StringComparison.Ordinal);
                if (refused++ % 10 == 0)
                    maxLive = Math.Max(maxLive, GC.GetTotalMemory(forceFullCollection: true));
                var status = await client.GetStatusAsync();
                maxQueued = Math.Max(maxQueued, status.Jobs);
                Assert.InRange(status.PageBytesHeld, 0, settings.PagePoolSize);
                Assert.InRange(status.Crews, 0, settings.MaxSubJobs);
                var enough = Volatile.Read(ref _told) + settings.MaxJobs / 4;
                await Until(() => Volatile.Read(ref _told) >= enough || Volatile.Read(ref _told) == admitted);
            }
        }
        await Until(() => Volatile.Read(ref _told) >= Jobs);
        await Trimmed(client);
        var after = LiveBytes();
        output.WriteLine($"refused {refused}, queued at most {maxQueued}, live bytes {before} before, {maxLive} at most, {after} after");

        Assert.NotEqual(0, refused);
        Assert.InRange(maxQueued, 1, settings.MaxJobs);
        // Garbage of earlier tests may be collected during this test.
        Assert.InRange(maxLive - before, long.MinValue, settings.PagePoolSize + settings.MaxJobs * 1024L);
        Assert.InRange(after - before, long.MinValue, 2 * Megabyte);     // two bytes per job
        await Soon(client.DestroyAsync());
        Assert.Equal(Jobs, _told);
    }

    /// <summary>Keeps the client idle until it has released everything.</summary>
    private async Task Trimmed(KcopydClient client)
    {
        await Until(async () =>
        {
            Scheduler.Advance(TimeSpan.FromSeconds(5));
            return await client.GetStatusAsync() is { Jobs: 0, Crews: 0, PageBytesInUse: 0 } status && status.PageBytesHeld == client.Settings.SubJobSize;
        });
    }

    private static long LiveBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
