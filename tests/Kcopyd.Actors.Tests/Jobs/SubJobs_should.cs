using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class SubJobs_should : EngineSpec
{
    [Fact]
    public async Task be_one_for_a_job_no_larger_than_a_piece()
    {
        var (source, mirror) = (new CountingDevice(Random(Piece)), new CountingDevice(BlockDevice.Memory(Piece)));
        await Soon(Client().CopyAsync(source.Whole(), Whole(mirror)));
        Assert.Equal((IoOperations.Read, 0L, Piece), Assert.Single(source.Log));
        Assert.Equal((IoOperations.Write, 0L, Piece), Assert.Single(mirror.Log));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(64 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task have_the_configured_size_and_a_smaller_one_at_the_end(int size)
    {
        const int Length = (2 << 20) + 1536;
        var source = new CountingDevice(Random(Length));
        await Soon(Client(s => s with { SubJobSize = size }).CopyAsync(source.Whole(), Whole(Mirrors(1, Length))));
        Assert.Equal(Length / size + 1, source.Reads);
        Assert.Equal(size, source.Log.Max(entry => entry.Length));
        Assert.Equal(Length % size, source.Log.MaxBy(entry => entry.Offset).Length);
    }

    [Fact]
    public void be_half_a_megabyte_and_four_at_once_by_default() =>
        Assert.Equal((512 * 1024, 4), (Sys.Kcopyd().Settings.SubJobSize, Sys.Kcopyd().Settings.SubJobsPerJob));

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(13)]
    public async Task be_so_many_in_flight_and_each_that_ends_take_the_next_piece(int most)
    {
        var source = Random(40 * Piece).WithStall();
        var client = Client(s => s with { SubJobsPerJob = most });
        var copy = client.CopyAsync(source.Whole(), Whole(Mirrors(1, 40 * Piece)));
        for (var ended = 0; ended <= 40 - most; ended++)
        {
            await Until(() => source.Waiting == most);
            Assert.Equal(most, (await client.GetStatusAsync()).SubJobsInFlight);
            source.ReleaseOne();
        }
        source.Release();
        Assert.True((await Soon(copy)).IsSuccess);
        Assert.Equal(40, source.Injected);
    }

    [Fact]
    public async Task be_bounded_for_the_whole_client_and_start_in_the_order_of_their_jobs()
    {
        var source = Random(8 * Piece).WithStall();
        var order = new List<object?>();
        var client = Client(s => s with { MaxSubJobs = 1, SubJobsPerJob = 1 });
        for (var i = 0; i < 8; i++)
            client.Copy(source.Region(i, 1), Whole(BlockDevice.Memory(512)), CopyFlags.None, (_, _, context) => order.Add(context), i);
        await Soon(source.WaitingAsync());
        var status = await client.GetStatusAsync();
        Assert.Equal((8, 1, 1), (status.Jobs, status.SubJobsInFlight, status.RunningJobs.Count));
        source.Release();
        await Soon(client.DestroyAsync());
        Assert.Equal(Enumerable.Range(0, 8).Cast<object?>(), order);
    }

    [Fact]
    public async Task of_a_large_job_leave_room_for_small_ones()
    {
        var stall = Random(100 * Piece).WithStall();
        var client = Client(s => s with { MaxSubJobs = 8, SubJobsPerJob = 4 });     // of which a single disk gets half
        var large = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, 100 * Piece)));
        await Soon(stall.WaitingAsync(4));
        var small = client.CopyAsync(stall.Region(0, Piece / 512), Whole(Mirrors(1, Piece)));
        Assert.False(small.IsCompleted);
        stall.ReleaseOne();     // one place; by then the small job is at the head of the queue
        await Until(async () =>
        {
            stall.ReleaseOne();
            return small.IsCompleted || large.IsCompleted;
        });
        Assert.True(small.IsCompleted);
        Assert.False(large.IsCompleted);
        stall.Release();
        Assert.True((await Soon(large)).IsSuccess);
    }

    [Fact]
    public async Task write_to_all_destinations_at_once_and_wait_for_the_slowest()
    {
        var slow = Mirrors(3, Piece).Select(mirror => mirror.WithStall(IoOperations.Write)).ToArray();
        var client = Client();
        var copy = client.CopyAsync(Random(Piece).Whole(), Whole(slow));
        await Soon(Task.WhenAll(slow.Select(device => device.WaitingAsync())));
        Assert.NotEqual(0, (await client.GetStatusAsync()).PageBytesInUse);
        slow[0].Release();
        slow[2].Release();
        Assert.Equal(1, (await client.GetStatusAsync()).Jobs);
        slow[1].Release();
        Assert.True((await Soon(copy)).IsSuccess);
        Assert.Equal(0, (await client.GetStatusAsync()).PageBytesInUse);     // returned
    }

    [Fact]
    public async Task keep_their_crews_by_default()
    {
        var client = Client(s => s with { SubJobsPerJob = 1 });
        var status = await AfterTenPieces(client);
        Assert.Equal(1, status.Crews);
    }

    [Fact]
    public async Task come_with_crews_of_their_own_if_those_are_not_recycled()
    {
        var client = Client(s => s with { RecycleCrews = false, SubJobsPerJob = 1 });
        await AfterTenPieces(client);
        await Until(async () => (await client.GetStatusAsync()).Crews == 0);
        // The eleventh piece gets the eleventh crew.
        var stall = Random(Piece).WithStall();
        var copy = client.CopyAsync(stall.Whole(), Whole(Mirrors(1, Piece)));
        await Soon(stall.WaitingAsync());
        await Soon(Sys.ActorSelection(client.Actor.Path / "crew-10").ResolveOne(TimeSpan.FromSeconds(60)));
        stall.Release();
        Assert.True((await Soon(copy)).IsSuccess);
    }

    private static async Task<ClientStatus> AfterTenPieces(KcopydClient client)
    {
        Assert.True((await Soon(client.CopyAsync(Random(10 * Piece).Whole(), Whole(Mirrors(1, 10 * Piece))))).IsSuccess);
        return await client.GetStatusAsync();
    }
}
