using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class Refused_snapshot_should : SnapshotSpec
{
    private static readonly SnapshotOptions Kept = new() { ChunkSize = Chunk, LeaveOpen = true };

    [Fact]
    public async Task be_one_whose_store_is_the_origin_or_a_part_of_it()
    {
        var device = OriginDevice();
        await Refuse<ArgumentException>(device, device, Kept, "is the storage of the origin");
        await Refuse<ArgumentException>(device, BlockDevice.Range(device, 10 * Chunk, 20 * Chunk), Kept, "is the storage of the origin");
        var (first, overlapping) = (BlockDevice.Range(device, 0, 20 * Chunk), BlockDevice.Range(device, 19 * Chunk, 20 * Chunk));
        await Refuse<ArgumentException>(first, overlapping, Kept, "is the storage of the origin");
    }

    [Fact]
    public async Task not_be_one_beside_the_origin_on_one_device()
    {
        var device = OriginDevice();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Range(device, 0, 20 * Chunk));
        device.Bytes[(20 * Chunk)..].Clear();
        await using var snapshot = await origin.OpenSnapshotAsync(BlockDevice.Range(device, 20 * Chunk, 30 * Chunk), Kept);
        await Write(origin, 0, Bytes.Random(20 * Chunk, 2));
        Assert.Equal(OriginDevice().Bytes[..(20 * Chunk)].ToArray(), await ReadAll(snapshot));
    }

    [Fact]
    public async Task be_one_with_a_read_only_store_unless_the_origin_is_read_only_too()
    {
        var cow = BlockDevice.Memory(20 * Chunk, readOnly: true, name: "cow");
        await Refuse<ArgumentException>(OriginDevice(), cow, Kept, "read-only");
        var frozen = BlockDevice.Memory(OriginLength, readOnly: true, name: "origin");
        await Refuse<ArgumentException>(frozen, cow, Kept, "is read-only, so that no COW store can be created there");
        StoreHeader.Of(new StoreGeometry(Chunk), valid: true).Write(cow.Bytes[..Chunk]);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(frozen);
        await using var snapshot = await origin.OpenSnapshotAsync(cow, Kept);
        Assert.True(snapshot.IsReadOnly);
        Assert.Equal(new byte[OriginLength], await ReadAll(snapshot));
        Assert.Equal(IoError.ReadOnly, (await Soon(snapshot.WriteAsync(0, new byte[1]).AsTask())).Error);
    }

    [Fact]
    public async Task be_one_whose_store_another_one_has()
    {
        var cow = Cow();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(cow, Kept with { Name = "first" });
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(origin.OpenSnapshotAsync(cow, Kept)));
        Assert.Contains("'first'", refusal.Message, StringComparison.Ordinal);
        Assert.Single((await origin.GetStatusAsync()).Snapshots);
        await snapshot.DisposeAsync();
        await using var again = await origin.OpenSnapshotAsync(cow, Kept);
    }

    [Theory, InlineData(0), InlineData(256), InlineData(12 * 512), InlineData(-4096), InlineData(int.MinValue), InlineData(int.MaxValue)]
    public async Task be_one_whose_chunk_is_no_power_of_two_from_512(int chunk) =>
        await Refuse<ArgumentException>(OriginDevice(), Cow(), Kept with { ChunkSize = chunk }, "ChunkSize");

    [Theory, InlineData(0), InlineData(101)]
    public async Task be_one_whose_threshold_is_no_percentage(int percent) =>
        await Refuse<ArgumentException>(OriginDevice(), Cow(), Kept with { FillThreshold = percent }, "FillThreshold");

    [Theory, InlineData(4096, 1), InlineData(1, 4096)]
    public async Task be_one_whose_chunks_direct_io_does_not_take(int ofOrigin, int ofCow)
    {
        var device = BlockDevice.Memory(OriginLength, alignment: ofOrigin, name: "origin");
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            var cow = BlockDevice.Memory(20 * Chunk, alignment: ofCow, name: "cow");
            await Refuse<ArgumentException>(device, cow, Kept with { ChunkSize = 2048, Store = kind }, "IoMode.Buffered");
        }
    }

    [Fact]
    public async Task be_one_whose_store_has_chunks_that_direct_io_does_not_take()
    {
        var cow = BlockDevice.Memory(20 * Chunk, alignment: 4096, name: "cow");
        StoreHeader.Of(new StoreGeometry(2048), valid: true).Write(cow.Bytes[..2048]);
        await Refuse<SnapshotStoreException>(OriginDevice(), cow, Kept, "IoMode.Buffered");
    }

    [Fact]
    public async Task be_one_that_passes_discards_down_and_does_not_take_them()
    {
        await Refuse<ArgumentException>(OriginDevice(), Cow(), Kept with { DiscardPassdownOrigin = true }, "DiscardZeroesCow");
        var both = Kept with { DiscardPassdownOrigin = true, DiscardZeroesCow = true };
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), both);
    }

    [Fact]
    public async Task be_one_that_is_to_make_a_store_where_one_is()
    {
        var cow = Cow();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await (await origin.OpenSnapshotAsync(cow, Kept with { Mode = StoreMode.Create })).DisposeAsync();
        await Refuse<SnapshotStoreException>(OriginDevice(), cow, Kept with { Mode = StoreMode.Create }, "holds a COW store already");
    }

    [Fact]
    public async Task be_one_that_is_to_open_a_store_where_none_is() =>
        await Refuse<SnapshotStoreException>(OriginDevice(), Cow(), Kept with { Mode = StoreMode.Open }, "holds no COW store");

    [Fact]
    public async Task be_one_whose_store_is_below_two_chunks() =>
        await Refuse<SnapshotStoreException>(OriginDevice(), BlockDevice.Memory(2 * Chunk - 512, name: "cow"), Kept, "two chunks");

    [Fact]
    public void be_of_no_device_with_a_partial_sector_or_without_a_size()
    {
        Assert.Throws<ArgumentException>(() => Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(OriginLength + 100)));
        Assert.Throws<ArgumentException>(() => Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Null()));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task leave_its_store_to_the_caller(bool leaveOpen)
    {
        var cow = new DisposalProbe(Cow());
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(cow, new() { Mode = StoreMode.Open, LeaveOpen = leaveOpen })));
        Assert.False(cow.IsDisposed);
    }

    // Also checks that the refusal changes nothing.
    private async Task Refuse<T>(IBlockDevice device, IBlockDevice cow, SnapshotOptions options, string why) where T : Exception
    {
        var before = await cow.ReadAllAsync(0, (int)cow.Length);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device, leaveOpen: true);
        var refusal = await Assert.ThrowsAnyAsync<T>(() => Soon(origin.OpenSnapshotAsync(cow, options)));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.Empty((await Soon(origin.GetStatusAsync())).Snapshots);
        Assert.Equal(before, await cow.ReadAllAsync(0, (int)cow.Length));
    }
}
