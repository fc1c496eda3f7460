using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class Refused_merge_should : SnapshotSpec
{
    [Fact]
    public async Task be_one_of_a_transient_snapshot()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk, Store = StoreKind.Transient });
        await Write(snapshot, 0, new byte[Chunk]);
        await Refuse(snapshot, "is transient");
        Assert.Equal(OriginDevice().Bytes.ToArray(), await ReadAll(origin));
        Assert.Equal(SnapshotState.Active, (await snapshot.GetStatusAsync()).State);
    }

    [Fact]
    public async Task be_one_of_an_invalid_snapshot()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(chunks: 3), new() { ChunkSize = Chunk });
        await Write(snapshot, 0, new byte[Chunk]);
        await Write(origin, Chunk, new byte[Chunk]);
        var before = await ReadAll(origin);
        await Refuse(snapshot, "is invalid (its store is full)");
        Assert.Equal(before, await ReadAll(origin));
    }

    [Fact]
    public async Task be_one_into_an_origin_that_is_read_only()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(OriginLength, readOnly: true, name: "origin"));
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        await Write(snapshot, 0, new byte[Chunk]);
        await Refuse(snapshot, "read-only");
    }

    [Fact]
    public async Task be_one_beside_another()
    {
        var device = OriginDevice().WithStall(IoOperations.Write);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk, Name = "first" });
        await using var other = await origin.OpenSnapshotAsync(Cow(name: "other"), new() { ChunkSize = Chunk });
        await Write(snapshot, 0, Bytes.Random(Chunk));
        await Write(snapshot, 5 * Chunk, Bytes.Random(Chunk, 2));
        var merge = snapshot.MergeAsync();
        await Soon(device.WaitingAsync());
        var refused = new[] { Refuse(snapshot, "under way"), Refuse(other, "under way") };
        await Soon(snapshot.GetStatusAsync());      // the actor has received both
        device.Release();
        await Soon(Task.WhenAll(refused));
        Assert.True((await Soon(merge)).IsComplete);
    }

    [Fact]
    public async Task be_one_of_another_snapshot_until_the_merged_one_is_closed()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var other = await origin.OpenSnapshotAsync(Cow(name: "other"), new() { ChunkSize = Chunk });
        await Write(other, 3 * Chunk, Bytes.Random(Chunk, 4));
        var expected = await ReadAll(other);
        await using (var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk, Name = "first" }))
        {
            await Write(snapshot, 0, Bytes.Random(Chunk));
            Assert.True((await Soon(snapshot.MergeAsync())).IsComplete);
            await Refuse(other, "'first'");
            var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(origin.OpenSnapshotAsync(Cow(name: "third"))));
            Assert.Contains("'first'", refusal.Message, StringComparison.Ordinal);
        }
        Assert.Equal(2, (await Soon(other.MergeAsync())).Merged);       // its own chunk, and the copy that the first merge caused
        Assert.Equal(expected, await ReadAll(origin));
    }

    private static async Task Refuse(Snapshot snapshot, string why)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(snapshot.MergeAsync()));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }
}
