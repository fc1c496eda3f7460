using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>A store is marked while a writer of its origin has it open, so that a device that dies and comes back later is not taken as complete.</summary>
public sealed class Unclean_store_should : SnapshotSpec
{
    private static readonly SnapshotOptions Kept = new() { ChunkSize = Chunk, LeaveOpen = true };

    private readonly MemoryBlockDevice _cow = Cow();

    [Fact]
    public async Task be_one_that_a_writer_of_the_origin_has_open_and_not_one_that_was_closed()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using (await origin.OpenSnapshotAsync(_cow, Kept))
            Assert.True(IsUnclean());
        Assert.False(IsUnclean());
        _ = await origin.OpenSnapshotAsync(_cow, Kept);
        Assert.True(IsUnclean());
        await origin.DisposeAsync();        // closes its snapshots
        Assert.False(IsUnclean());
    }

    [Fact]
    public async Task not_be_one_whose_origin_is_only_read()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(OriginLength, readOnly: true, name: "origin"));
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, Kept);
        await Write(snapshot, 0, Bytes.Random(Chunk));
        Assert.False(IsUnclean());
    }

    [Theory, InlineData(0), InlineData(1)]
    public async Task be_refused_when_its_device_died_and_came_back(int writesBefore)
    {
        var device = OriginDevice();
        var cow = new BreakableDevice(_cow, IoOperations.All);
        await using (var origin = Sys.Kcopyd().CreateSnapshotOrigin(device, leaveOpen: true))
        {
            var snapshot = await origin.OpenSnapshotAsync(cow, Kept);
            for (var i = 0; i < writesBefore; i++)
                await Write(origin, i * Chunk, Bytes.Random(Chunk, 1));
            cow.IsBroken = true;
            await Write(origin, 9 * Chunk, Bytes.Random(Chunk, 2));     // the origin keeps working
            var status = await snapshot.GetStatusAsync();
            Assert.Equal((SnapshotState.Invalid, false), (status.State, status.IsRecorded));
            await snapshot.DisposeAsync();
        }
        Assert.True(_cow.SaysThatItIsValid());      // although it is not
        await using var again = Sys.Kcopyd().CreateSnapshotOrigin(device);
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(again.OpenSnapshotAsync(_cow, Kept)));
        Assert.Equal(SnapshotStoreError.Unclean, refusal.Reason);
        Assert.Contains("cannot be told apart", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task be_told_when_it_is_closed_that_its_snapshot_is_invalid_if_its_device_has_come_back()
    {
        var cow = new BreakableDevice(_cow, IoOperations.All);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var snapshot = await origin.OpenSnapshotAsync(cow, Kept);
        cow.IsBroken = true;
        await Write(origin, 0, Bytes.Random(Chunk));
        cow.IsBroken = false;
        await snapshot.DisposeAsync();
        Assert.False(_cow.SaysThatItIsValid());
        Assert.True((await snapshot.GetStatusAsync()).IsRecorded);
    }

    [Fact]
    public async Task stay_so_and_be_told_of_when_it_cannot_be_closed()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(SnapshotFailed));
        var cow = new BreakableDevice(_cow, IoOperations.Flush);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var snapshot = await origin.OpenSnapshotAsync(cow, Kept);
        cow.IsBroken = true;
        await snapshot.DisposeAsync();
        var status = ExpectMsg<SnapshotFailed>().Status;
        Assert.Equal((SnapshotState.Active, SnapshotProblem.NotClosed), (status.State, status.Problem));
        Assert.Equal(SnapshotProblem.NotClosed, (await snapshot.GetStatusAsync()).Problem);
    }

    [Fact]
    public async Task not_be_attached_when_it_cannot_be_marked()
    {
        var cow = new BreakableDevice(_cow, IoOperations.Write);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await (await origin.OpenSnapshotAsync(cow, Kept)).DisposeAsync();
        cow.IsBroken = true;
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(cow, Kept)));
        Assert.Equal(SnapshotStoreError.WriteFailed, refusal.Reason);
        Assert.Empty((await origin.GetStatusAsync()).Snapshots);
        await Write(origin, 0, Bytes.Random(Chunk));
    }

    [Fact]
    public async Task be_usable_and_clean_again_when_it_is_accepted()
    {
        var (device, frozen) = await LeaveUncleanAsync();
        await using (var origin = Sys.Kcopyd().CreateSnapshotOrigin(device, leaveOpen: true))
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { Unclean = UncleanStores.Accept }))
            Assert.Equal(frozen, await ReadAll(snapshot));
        await using var again = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var opened = await again.OpenSnapshotAsync(_cow, Kept);
        Assert.Equal(frozen, await ReadAll(opened));
    }

    [Fact]
    public async Task be_clean_at_once_when_it_is_accepted_without_a_writer()
    {
        await LeaveUncleanAsync();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(OriginLength, readOnly: true, name: "origin"));
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { Unclean = UncleanStores.Accept });
        Assert.False(IsUnclean());
    }

    [Fact]
    public async Task stay_unclean_and_up_to_date_when_it_is_only_kept()
    {
        var (device, frozen) = await LeaveUncleanAsync();
        await using (var origin = Sys.Kcopyd().CreateSnapshotOrigin(device, leaveOpen: true))
        {
            await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { Unclean = UncleanStores.Keep }))
            {
                await Write(origin, 50 * Chunk, Bytes.Random(Chunk, 6));
                var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(snapshot.MergeAsync()));
                Assert.Contains("is unclean", refusal.Message, StringComparison.Ordinal);
            }
            Assert.True(IsUnclean());
            await using var accepted = await origin.OpenSnapshotAsync(_cow, Kept with { Unclean = UncleanStores.Accept });
            Assert.Equal(frozen, await ReadAll(accepted));
        }
        await using var merging = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await LeaveUncleanAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => Soon(merging.OpenSnapshotAsync(_cow, Kept with { Unclean = UncleanStores.Keep, ForMerge = true })));
    }

    [Fact]
    public async Task not_be_one_that_is_merged()
    {
        var device = OriginDevice();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept))
        {
            await Write(snapshot, 0, Bytes.Random(Chunk, 1));
            await Write(snapshot, 5 * Chunk, Bytes.Random(Chunk, 1));
            Assert.True(IsUnclean());
            var wasMarked = new List<bool>();
            await Soon(snapshot.MergeAsync(new Reported(() => wasMarked.Add(IsUnclean()))));
            Assert.Equal([false, false], wasMarked);
        }
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept))
            await Write(snapshot, 0, Bytes.Random(Chunk, 1));
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = true }))
        {
            Assert.False(IsUnclean());
            Assert.Equal(SnapshotState.Merging, (await snapshot.GetStatusAsync()).State);
            Assert.Equal(await ReadAll(snapshot), await ReadAll(origin));
            await Write(origin, 0, Bytes.Random(Chunk, 7));         // to the store, which holds the chunk
            Assert.True((await Soon(snapshot.MergeAsync())).IsComplete);
        }
        Assert.Equal(Bytes.Random(Chunk, 7), device.Bytes[..Chunk].ToArray());
    }

    [Fact]
    public async Task be_opened_for_a_merge_alone()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { ForMerge = true });
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(origin.OpenSnapshotAsync(Cow(name: "other"), Kept)));
        await using var frozen = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(OriginLength, readOnly: true, name: "origin"));
        await Assert.ThrowsAsync<ArgumentException>(() => Soon(frozen.OpenSnapshotAsync(Cow(name: "other"), Kept with { ForMerge = true })));
        var transient = Kept with { ForMerge = true, Store = StoreKind.Transient };
        await Assert.ThrowsAsync<ArgumentException>(() => Soon(origin.OpenSnapshotAsync(Cow(name: "other"), transient)));
    }

    private bool IsUnclean() => SnapshotStoreLabel.Read(_cow.Bytes, "cow")!.IsUnclean;

    // Leaves the store as a killed process would.
    private async Task<(MemoryBlockDevice Origin, byte[] Frozen)> LeaveUncleanAsync()
    {
        var device = OriginDevice();
        var frozen = device.Bytes.ToArray();
        _cow.Bytes.Clear();
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(device, leaveOpen: true);
        _ = await origin.OpenSnapshotAsync(_cow, Kept);
        await Write(origin, 0, Bytes.Random(20 * Chunk, 5));
        Sys.Stop(origin.Actor);
        await Soon(origin.Stopped);
        await origin.DisposeAsync();
        Assert.True(IsUnclean());
        return (device, frozen);
    }

    private sealed class Reported(Action act) : IProgress<MergeProgress>
    {
        public void Report(MergeProgress value) => act();
    }
}
