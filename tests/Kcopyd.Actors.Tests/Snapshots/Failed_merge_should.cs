using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>The merge consists of two runs: three chunks, then one.</summary>
public sealed class Failed_merge_should : SnapshotSpec
{
    private readonly MemoryBlockDevice _cow = Cow();

    [Theory, InlineData(IoOperations.Write), InlineData(IoOperations.Flush)]
    public async Task be_begun_again_after_an_error_of_the_origin(IoOperations broken)
    {
        var device = new BreakableDevice(OriginDevice(), broken);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await Open(origin, _cow);
        var expected = await ReadAll(snapshot);
        device.IsBroken = true;
        var failed = await Soon(snapshot.MergeAsync());
        Assert.Equal((0L, 4L, IoError.Io, false), (failed.Merged, failed.Remaining, failed.Error, failed.IsComplete));
        device.IsBroken = false;
        await HasFailed(origin, snapshot, expected);
        await EndsWell(origin, snapshot, expected, merged: 4);
    }

    [Fact]
    public async Task be_begun_again_after_an_error_of_the_store()
    {
        var cow = new BreakableDevice(_cow, IoOperations.Read);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await Open(origin, cow);
        var expected = await ReadAll(snapshot);
        cow.IsBroken = true;
        Assert.Equal(IoError.Io, (await Soon(snapshot.MergeAsync())).Error);
        cow.IsBroken = false;
        await HasFailed(origin, snapshot, expected);
        await EndsWell(origin, snapshot, expected, merged: 4);
    }

    [Theory, InlineData(IoOperations.Write), InlineData(IoOperations.Flush)]
    public async Task be_begun_again_after_records_could_not_be_removed(IoOperations broken)
    {
        var cow = new BreakableDevice(_cow, broken);
        var device = new Breaking(OriginDevice(), cow);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await Open(origin, cow);
        var expected = await ReadAll(snapshot);
        device.IsArmed = true;
        var failed = await Soon(snapshot.MergeAsync());
        Assert.Equal((0L, 4L, IoError.Io), (failed.Merged, failed.Remaining, failed.Error));
        cow.IsBroken = device.IsArmed = false;
        await HasFailed(origin, snapshot, expected);
        await EndsWell(origin, snapshot, expected, merged: 4);
    }

    [Fact]
    public async Task go_on_where_it_stood_still()
    {
        var device = new BreakableDevice(OriginDevice(), IoOperations.Write);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await Open(origin, _cow);
        var expected = await ReadAll(snapshot);
        var failed = await Soon(snapshot.MergeAsync(new WithTheFirst(() => device.IsBroken = true)));       // after the first run
        device.IsBroken = false;
        Assert.Equal((1L, 3L, IoError.Io), (failed.Merged, failed.Remaining, failed.Error));
        await HasFailed(origin, snapshot, expected);
        await EndsWell(origin, snapshot, expected, merged: 3);
    }

    [Fact]
    public async Task be_begun_again_by_who_opens_the_store()
    {
        var device = new BreakableDevice(OriginDevice(), IoOperations.Write);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        byte[] expected;
        await using (var snapshot = await Open(origin, _cow))
        {
            expected = await ReadAll(snapshot);
            device.IsBroken = true;
            await Soon(snapshot.MergeAsync());
            device.IsBroken = false;
        }
        await using var again = await origin.OpenSnapshotAsync(_cow, new() { Mode = StoreMode.Open });
        Assert.Equal(SnapshotState.Active, (await again.GetStatusAsync()).State);
        await EndsWell(origin, again, expected, merged: 4);
    }

    [Theory, InlineData(IoOperations.Write), InlineData(IoOperations.Flush)]
    public async Task fail_writes_to_a_run_whose_records_could_not_be_removed_until_it_is_begun_again(IoOperations broken)
    {
        var cow = new BreakableDevice(_cow, broken);
        var device = new Breaking(OriginDevice(), cow);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await Open(origin, cow);
        var expected = await ReadAll(snapshot);
        device.IsArmed = true;
        await Soon(snapshot.MergeAsync());
        cow.IsBroken = device.IsArmed = false;
        foreach (var one in new IBlockDevice[] { origin, snapshot })
            Assert.Equal(IoResult.Failure(IoError.Io), await Soon(one.WriteAsync(5 * Chunk + 9, new byte[100]).AsTask()));
        await EndsWell(origin, snapshot, expected, merged: 4);
        foreach (var one in new IBlockDevice[] { origin, snapshot })
            await Write(one, 5 * Chunk + 9, new byte[100]);
        expected.AsSpan(5 * Chunk + 9, 100).Clear();
        Assert.Equal(expected, await ReadAll(origin));
    }

    private static async Task<Snapshot> Open(SnapshotOrigin origin, IBlockDevice cow)
    {
        var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, LeaveOpen = true });
        await Write(snapshot, 10 * Chunk, Bytes.Random(3 * Chunk, 1));
        await Write(snapshot, 5 * Chunk, Bytes.Random(Chunk, 2));
        return snapshot;
    }

    /// <summary>Progress is reported inside the actor, before the next run begins.</summary>
    private sealed class WithTheFirst(Action act) : IProgress<MergeProgress>
    {
        public void Report(MergeProgress value) => act();
    }

    /// <summary>Breaks the store when the merge writes to the origin: the label is written before that.</summary>
    private sealed class Breaking(IBlockDevice inner, BreakableDevice store) : DeviceLayer(inner)
    {
        public volatile bool IsArmed;

        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
        {
            store.IsBroken |= IsArmed;
            return base.WriteAsync(offset, buffer);
        }
    }

    // Both devices show the content of the snapshot, and writes succeed where no run is in progress.
    private async Task HasFailed(SnapshotOrigin origin, Snapshot snapshot, byte[] expected)
    {
        var status = await snapshot.GetStatusAsync();
        Assert.Equal(("snapshot-merge Merge failed", SnapshotState.MergeFailed), (status.ToString(), status.State));
        Assert.NotNull(status.Reason);
        Assert.True(_cow.SaysThatItIsValid());
        Assert.Equal(expected, await ReadAll(snapshot));
        Assert.Equal(expected, await ReadAll(origin));
        foreach (var (device, chunk) in new (IBlockDevice, int)[] { (origin, 100), (snapshot, 101), (origin, 11), (snapshot, 12) })
        {
            var bytes = Bytes.Random(Chunk, chunk);
            bytes.CopyTo(expected, chunk * Chunk);
            await Write(device, chunk * Chunk, bytes);
        }
        Assert.Equal(expected, await ReadAll(snapshot));
        Assert.Equal(expected, await ReadAll(origin));
    }

    private static async Task EndsWell(SnapshotOrigin origin, Snapshot snapshot, byte[] expected, int merged)
    {
        var result = await Soon(snapshot.MergeAsync());
        Assert.Equal((true, (long)merged), (result.IsComplete, result.Merged));
        var status = await snapshot.GetStatusAsync();
        Assert.Equal(("snapshot-merge 16/2400 16", null), (status.ToString(), status.Reason));
        Assert.Equal(expected, await ReadAll(origin));
        Assert.Equal(expected, await ReadAll(snapshot));
    }
}
