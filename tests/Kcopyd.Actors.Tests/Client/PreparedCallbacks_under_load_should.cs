using Xunit;

namespace Kcopyd.Actors.Tests.Client;

[Collection(Alone.Name)]
public sealed class PreparedCallbacks_under_load_should : EngineSpec
{
    private const int Firers = 8, Each = 12_500, Tokens = Firers * Each, Copies = 100_000, WarmUp = 1000;

    private readonly byte[] _told = new byte[Tokens + Firers * WarmUp];
    private readonly byte[] _copied = new byte[Copies];
    private readonly TaskCompletionSource _allTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private int _collisions;
    private int _left = Tokens + Firers * WarmUp + Copies;

    [Fact]
    public async Task notify_each_once_one_at_a_time_and_cost_the_firing_threads_no_byte()
    {
        var client = Client(s => s with { MaxJobs = Copies, MaxPreparedCallbacks = _told.Length });
        var tokens = Enumerable.Range(0, _told.Length).Select(i => client.PrepareCallback(Told(_told), i)).ToArray();
        var allocated = new long[Firers];
        using var start = new Barrier(Firers + 1);
        var firers = Enumerable.Range(0, Firers).Select(firer => new Thread(() =>
        {
            var mine = tokens.AsSpan(firer * (Each + WarmUp), Each + WarmUp);
            foreach (var token in mine[..WarmUp])
                token.Submit();
            GC.GetAllocatedBytesForCurrentThread();
            start.SignalAndWait();
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var token in mine[WarmUp..])
                token.Submit();
            allocated[firer] = GC.GetAllocatedBytesForCurrentThread() - before;
        })).ToList();
        firers.ForEach(thread => thread.Start());

        var source = Random(Piece);
        var to = Whole(BlockDevice.Memory(Piece));
        start.SignalAndWait();
        for (var i = 0; i < Copies; i++)
            client.Copy(source.Whole(), to, CopyFlags.None, Told(_copied), i);
        await _allTold.Task.WaitAsync(TimeSpan.FromSeconds(60));
        firers.ForEach(thread => thread.Join());
        await Soon(client.DestroyAsync());

        Assert.Equal(new long[Firers], allocated);
        Assert.Equal(0, _collisions);
        Assert.DoesNotContain(_told, count => count != 1);
        Assert.DoesNotContain(_copied, count => count != 1);
    }

    private CopyNotify Told(byte[] counts) => (_, _, index) =>
    {
        if (Interlocked.Increment(ref _inside) != 1)
            Interlocked.Increment(ref _collisions);
        counts[(int)index!]++;
        if (--_left == 0)
            _allTold.SetResult();
        Interlocked.Decrement(ref _inside);
    };
}
