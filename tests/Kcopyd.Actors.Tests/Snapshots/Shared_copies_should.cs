using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Copies for one snapshot do not harm another, and no number of copies harms the origin.</summary>
public sealed class Shared_copies_should : SnapshotSpec
{
    [Fact]
    public async Task cost_nobody_a_bad_sector_that_he_does_not_need()
    {
        // Sector 9 is in the second half of the large chunk: the small snapshot needs only the first half, and both are read together.
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice().WithErrors([ByteRange.Sectors(9)], operations: IoOperations.Read));
        await using var small = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        await using var large = await origin.OpenSnapshotAsync(Cow(name: "large"), new() { ChunkSize = 2 * Chunk });
        await Write(origin, 0, new byte[512]);
        Assert.Equal(SnapshotState.Active, (await small.GetStatusAsync()).State);
        Assert.Equal(SnapshotState.Invalid, (await large.GetStatusAsync()).State);
        var shown = new byte[512];
        await Read(small, 0, shown);
        Assert.Equal(OriginDevice().Bytes[..512].ToArray(), shown);
    }

    [Fact]
    public async Task wait_for_each_other_above_a_bound()
    {
        const int Sector = 512, Sectors = 2048;
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice(Sectors * Sector));
        await using var merged = await origin.OpenSnapshotAsync(BlockDevice.Memory(2 * Sectors * Sector, name: "merged"), new() { ChunkSize = Sector });
        await using var other = await origin.OpenSnapshotAsync(BlockDevice.Memory(2 * Sectors * Sector, name: "other"), new() { ChunkSize = Sector });
        var frozen = await ReadAll(other);
        for (var sector = 0; sector < Sectors; sector += 2)
            await Write(merged, sector * Sector, new byte[Sector]);
        // The merge has begun, so that the origin reads as merged, and is stopped: every other sector of a write goes to the origin separately.
        Assert.Equal(IoError.Cancelled, (await Soon(merged.MergeAsync(cancellationToken: new CancellationToken(canceled: true)))).Error);
        var bytes = Bytes.Random(Sectors * Sector, 3);
        await Write(origin, 0, bytes);
        Assert.Equal(bytes, await ReadAll(origin));
        Assert.Equal(frozen, await ReadAll(other));
    }

    [Fact]
    public async Task find_on_the_medium_what_the_origin_had_acknowledged()
    {
        var medium = OriginDevice();
        var cached = medium.WithVolatileCache(leaveOpen: true);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(cached);
        await Write(origin, 0, new byte[Chunk]);
        Assert.NotEqual(0, cached.HeldWrites);
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        Assert.Equal(0, cached.HeldWrites);
    }

    [Fact]
    public async Task not_begin_where_the_origin_cannot_be_flushed()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice().WithFlushError());
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk })));
        Assert.Equal(SnapshotStoreError.OriginNotFlushed, refusal.Reason);
        Assert.StartsWith("origin cannot be flushed (Input/output error", refusal.Message, StringComparison.Ordinal);
        await Write(origin, 0, new byte[Chunk]);
        Assert.Empty((await origin.GetStatusAsync()).Snapshots);
    }
}
