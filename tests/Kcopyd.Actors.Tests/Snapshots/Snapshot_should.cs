using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class Snapshot_should : SnapshotSpec
{
    [Fact]
    public async Task show_what_the_origin_held_when_it_was_taken()
    {
        var frozen = OriginDevice().Bytes.ToArray();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        await Write(origin, 3 * Chunk + 100, Bytes.Random(5 * Chunk, 1));
        await Write(origin, OriginLength - 10, Bytes.Random(10, 2));
        Assert.Equal(frozen, await ReadAll(snapshot));
        Assert.NotEqual(frozen, await ReadAll(origin));
        Assert.Equal("snapshot 72/2400 16", (await snapshot.GetStatusAsync()).ToString());
    }

    [Fact]
    public async Task keep_what_is_written_to_it_to_itself()
    {
        var frozen = OriginDevice().Bytes.ToArray();
        var cow = Cow();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var expected = frozen.ToArray();
        await using (var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, LeaveOpen = true }))
        {
            foreach (var (offset, length) in new[]
            {
                (10 * Chunk, Chunk), (20 * Chunk + 512, 512), (50 * Chunk, 4 * Chunk), (5 * Chunk + 2048, Chunk), (10 * Chunk + 7, 9), (0, OriginLength / 2),
            })
            {
                var bytes = Bytes.Random(length, offset + 1);
                bytes.CopyTo(expected, offset);
                await Write(snapshot, offset, bytes);
                Assert.Equal(expected, await ReadAll(snapshot));
            }
            Assert.Equal(frozen, await ReadAll(origin));
        }
        await using var again = await origin.OpenSnapshotAsync(cow, new() { Mode = StoreMode.Open });
        Assert.Equal(expected, await ReadAll(again));
    }

    [Theory, InlineData(true, 2), InlineData(false, 3)]
    public async Task write_chunks_that_come_together_in_one_piece(bool shortcut, int storeWrites)
    {
        var cow = new WriteCounter(Cow());
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, WholeChunkShortcut = shortcut });
        var before = cow.Writes;
        var bytes = Bytes.Random(8 * Chunk, 1);
        await Write(snapshot, 3 * Chunk, bytes);
        Assert.Equal(storeWrites, cow.Writes - before);     // the copies, if any; the records; the data
        Assert.Equal(bytes, (await ReadAll(snapshot))[(3 * Chunk)..(11 * Chunk)]);
    }

    [Fact]
    public async Task be_merged_into_the_origin()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        await using var other = await origin.OpenSnapshotAsync(Cow(name: "other"), new() { ChunkSize = 2 * Chunk });
        var frozen = await ReadAll(origin);
        foreach (var chunk in new[] { 5, 1, 2, 3, 9, 20, 21, 22, 7, 6, 255 })
            await Write(snapshot, chunk * Chunk, Bytes.Random(Chunk, chunk));
        var expected = await ReadAll(snapshot);
        var result = await Soon(snapshot.MergeAsync());
        Assert.True(result.IsComplete, result.ToString());
        Assert.Equal(11, result.Merged);
        Assert.Equal(expected, await ReadAll(origin));
        Assert.Equal(frozen, await ReadAll(other));
        Assert.Equal("snapshot-merge 16/2400 16", (await snapshot.GetStatusAsync()).ToString());
    }

    private sealed class WriteCounter(IBlockDevice inner) : DeviceLayer(inner)
    {
        private int _writes;

        public int Writes => Volatile.Read(ref _writes);

        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
        {
            Interlocked.Increment(ref _writes);
            return base.WriteAsync(offset, buffer);
        }
    }
}
