using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Memory;

/// <summary>The page pool of a client, as seen by its jobs.</summary>
public sealed class Pages_should : EngineSpec
{
    [Fact]
    public async Task be_a_reserve_of_one_piece_from_the_start()
    {
        var status = await Client(s => s with { SubJobSize = 64 * 1024 }).GetStatusAsync();
        Assert.Equal((0L, 64 * 1024L), (status.PageBytesInUse, status.PageBytesHeld));
    }

    [Fact]
    public async Task always_let_one_piece_go_on_however_little_memory_there_is()
    {
        var client = Client(s => s with { PagePoolSize = Piece });      // there is only the reserve
        var sources = Enumerable.Range(0, 10).Select(seed => Random(16 * Piece, seed)).ToArray();
        var mirrors = Mirrors(10, 16 * Piece);
        var results = await Soon(Task.WhenAll(sources.Zip(mirrors, (source, mirror) => client.CopyAsync(source.Whole(), [mirror.Whole()]))));
        Assert.All(results, result => Assert.True(result.IsSuccess));
        Assert.All(sources.Zip(mirrors), pair => Assert.True(pair.First.Bytes.SequenceEqual(pair.Second.Bytes)));
        Assert.Equal(Piece, (await client.GetStatusAsync()).PageBytesHeld);
    }

    [Fact]
    public async Task never_exceed_their_bound_while_jobs_wait_for_them()
    {
        var sources = Enumerable.Range(0, 4).Select(seed => Random(16 * Piece, seed).WithStall()).ToArray();
        var client = Client(s => s with { PagePoolSize = 3 * Piece });
        var copies = sources.Select(source => client.CopyAsync(source.Whole(), Whole(Mirrors(1, 16 * Piece)))).ToArray();
        await Until(() => sources.Sum(source => source.Waiting) == 3);
        var status = await client.GetStatusAsync();
        Assert.Equal((3, 3L * Piece, 3L * Piece, 3L * Piece), (status.SubJobsInFlight, status.PageBytesInUse, status.PageBytesHeld, status.PageBytesBound));
        Assert.All(sources, source => source.Release());
        await Soon(Task.WhenAll(copies));
    }

    [Fact]
    public async Task be_shared_by_small_pieces()
    {
        var source = Random(64 * 1024).WithStall();
        var client = Client(s => s with { SubJobSize = 64 * 1024, PagePoolSize = 64 * 1024, MaxSubJobs = 100 });
        for (var i = 0; i < 20; i++)
            client.Copy(source.Region(0, 8), Whole(BlockDevice.Memory(4096)), CopyFlags.None, TestActor);
        await Soon(source.WaitingAsync(8));     // half of the pages: the other half is kept for other disks
        var other = Random(64 * 1024).WithStall();
        for (var i = 0; i < 20; i++)
            client.Copy(other.Region(0, 8), Whole(BlockDevice.Memory(4096)), CopyFlags.None, TestActor);
        await Soon(other.WaitingAsync(4));
        Assert.Equal(12, (await client.GetStatusAsync()).SubJobsInFlight);
        source.Release();
        other.Release();
        await Soon(client.DestroyAsync());
    }

    [Fact]
    public async Task not_be_taken_by_a_zeroing()
    {
        var stall = BlockDevice.Memory(8 * Piece).WithStall();
        var client = Client();
        var zero = client.ZeroAsync(Whole(stall));
        await Soon(stall.WaitingAsync(8));
        Assert.Equal(0, (await client.GetStatusAsync()).PageBytesInUse);
        stall.Release();
        Assert.True((await Soon(zero)).IsSuccess);
    }
}
