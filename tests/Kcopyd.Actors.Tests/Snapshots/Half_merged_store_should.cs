using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>A store whose merge was begun and is not complete holds the only copy of chunks that belong on the origin.</summary>
public sealed class Half_merged_store_should : SnapshotSpec
{
    private static readonly SnapshotOptions Kept = new() { ChunkSize = Chunk, LeaveOpen = true };

    private readonly MemoryBlockDevice _cow = Cow();

    [Theory, InlineData(false), InlineData(true)]
    public async Task be_known_from_the_beginning_of_a_merge_until_that_is_complete(bool openedForMerge)
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await FillAsync(origin);
        Assert.False(await IsHalfMergedAsync());
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = openedForMerge }))
        {
            using var stop = new CancellationTokenSource();
            var during = new List<bool>();
            var progress = new WithEach(() =>
            {
                during.Add(IsHalfMergedAsync().GetAwaiter().GetResult());
                stop.Cancel();
            });
            var result = await Soon(snapshot.MergeAsync(progress, stop.Token));
            Assert.Equal((1L, 1L), (result.Merged, result.Remaining));
            Assert.Equal([true], during);
        }
        Assert.True(await IsHalfMergedAsync());
        await (await origin.OpenSnapshotAsync(_cow, Kept)).DisposeAsync();      // it is still a snapshot, and still half merged
        Assert.True(await IsHalfMergedAsync());
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept))
            Assert.True((await Soon(snapshot.MergeAsync())).IsComplete);
        Assert.False((await SnapshotStore.ReadAsync(_cow)).Label!.IsMerging);
    }

    [Fact]
    public async Task not_be_replaced_before_its_merge_is_complete()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await FillAsync(origin);
        await (await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = true })).DisposeAsync();
        var before = _cow.Bytes.ToArray();
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(_cow, Kept with { Mode = StoreMode.Replace })));
        Assert.Equal(SnapshotStoreError.HalfMerged, refusal.Reason);
        Assert.Equal(
            "cow is half merged: a merge into origin was begun and is not complete, and the store has the only copy of the remaining chunks."
            + " Complete it with Snapshot.MergeAsync; if the remaining chunks are no longer needed, overwrite the first sector with zeroes.",
            refusal.Message);
        Assert.Equal(before, _cow.Bytes.ToArray());
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = true }))
            await Soon(snapshot.MergeAsync());
        await using var replaced = await origin.OpenSnapshotAsync(_cow, Kept with { Mode = StoreMode.Replace });
    }

    [Fact]
    public async Task be_one_that_the_kernel_made_and_we_began_to_merge()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await FillAsync(origin);
        _cow.Bytes[16..512].Clear();
        await (await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = true })).DisposeAsync();
        Assert.True(await IsHalfMergedAsync());
    }

    [Fact]
    public async Task not_be_one_of_which_the_kernel_has_completed_the_merge()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await FillAsync(origin);
        await (await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = true })).DisposeAsync();
        _cow.Bytes[Chunk..(2 * Chunk)].Clear();     // the kernel leaves the label in place
        Assert.False(await IsHalfMergedAsync());
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept))
            await Write(snapshot, 0, Bytes.Random(Chunk));
        Assert.False(await IsHalfMergedAsync());
        await (await origin.OpenSnapshotAsync(_cow, Kept with { Mode = StoreMode.Replace })).DisposeAsync();
    }

    [Fact]
    public async Task be_no_store_that_has_nothing_to_merge()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await (await origin.OpenSnapshotAsync(_cow, Kept)).DisposeAsync();
        await (await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = true })).DisposeAsync();
        Assert.False((await SnapshotStore.ReadAsync(_cow)).Label!.IsMerging);
    }

    private async Task<bool> IsHalfMergedAsync() => (await SnapshotStore.ReadAsync(_cow)).IsHalfMerged;

    // Two separate chunks: two runs.
    private async Task FillAsync(SnapshotOrigin origin)
    {
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, Kept);
        await Write(snapshot, 5 * Chunk, Bytes.Random(Chunk, 2));
        await Write(snapshot, 10 * Chunk, Bytes.Random(Chunk, 1));
    }

    /// <summary>Progress is reported inside the actor, before the next run begins.</summary>
    private sealed class WithEach(Action act) : IProgress<MergeProgress>
    {
        public void Report(MergeProgress value) => act();
    }
}
