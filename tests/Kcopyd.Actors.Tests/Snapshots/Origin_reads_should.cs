using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>What copy-on-write reads from the origin, and how often.</summary>
public sealed class Origin_reads_should : SnapshotSpec
{
    private readonly CountingDevice _device = new(OriginDevice());
    private readonly CountingDevice _cow = new(Cow());

    [Fact]
    public async Task come_once_for_all_snapshots_whatever_their_chunks()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var small = await origin.OpenSnapshotAsync(_cow, new() { ChunkSize = Chunk });
        await using var large = await origin.OpenSnapshotAsync(BlockDevice.Memory(300 * Chunk, name: "large"), new() { ChunkSize = 4 * Chunk });
        var frozen = await ReadAll(origin);

        Assert.Equal(1, await ReadsOf(origin, 5 * Chunk, Chunk));               // one chunk of each
        Assert.Equal(1, await ReadsOf(origin, 6 * Chunk + 512, 512));           // one small chunk only
        Assert.Equal(0, await ReadsOf(origin, 5 * Chunk, 2 * Chunk));           // both have their copies
        Assert.Equal(1, await ReadsOf(origin, 14 * Chunk + 7, 9 * Chunk));      // several chunks of each
        Assert.Equal(1, await ReadsOf(origin, OriginLength - 10, 10));
        var before = _device.Log.Length;
        await Write(origin, 2 * Chunk, Bytes.Random(40 * Chunk));
        Assert.Equal(                                                           // what one or both lack, and nothing else
            [(0L, 5 * Chunk), (7L * Chunk, 7 * Chunk), (24L * Chunk, 20 * Chunk)],
            _device.Log[before..].Where(io => io.Operation == IoOperations.Read).Select(io => (io.Offset, io.Length)).Order());

        Assert.Equal(frozen, await ReadAll(small));
        Assert.Equal(frozen, await ReadAll(large));
    }

    [Theory, InlineData(true, 0), InlineData(false, 64)]
    public async Task be_saved_where_whole_chunks_are_written(bool shortcut, int expected)
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, new() { ChunkSize = Chunk, WholeChunkShortcut = shortcut });
        var reads = _device.Reads;
        var bytes = Bytes.Random(64 * Chunk);
        for (var at = 0; at < bytes.Length; at += Chunk)
            await Write(snapshot, at, bytes.AsMemory(at, Chunk));
        Assert.Equal(expected, _device.Reads - reads);
        Assert.Equal(bytes, (await ReadAll(snapshot))[..bytes.Length]);
    }

    [Fact]
    public async Task be_saved_with_one_commit_where_whole_chunks_are_written_together()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, new() { ChunkSize = Chunk });
        var (reads, before) = (_device.Reads, _cow.Log.Length);
        await Write(snapshot, 0, Bytes.Random(64 * Chunk));
        Assert.Equal(0, _device.Reads - reads);
        Assert.Equal(
            [(IoOperations.Write, 2L * Chunk, 64 * Chunk), (IoOperations.Flush, 0, 0), (IoOperations.Write, Chunk, Chunk), (IoOperations.Flush, 0, 0)],
            _cow.Log[before..]);
    }

    [Fact]
    public async Task be_saved_for_the_last_chunk_though_it_is_short()
    {
        var device = new CountingDevice(OriginDevice(OriginLength - 1024));
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, new() { ChunkSize = Chunk });
        var reads = device.Reads;
        var bytes = Bytes.Random(Chunk - 1024);
        await Write(snapshot, OriginLength - Chunk, bytes);
        Assert.Equal(0, device.Reads - reads);
        Assert.Equal(bytes, (await ReadAll(snapshot))[(OriginLength - Chunk)..]);
    }

    [Fact]
    public async Task not_reach_between_the_ends_of_a_large_write_that_are_parts_of_chunks()
    {
        const int length = 4 << 20;     // the largest single request
        var device = new CountingDevice(OriginDevice(2 * length));
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(chunks: 1100), new() { ChunkSize = Chunk });
        var (expected, before) = (await ReadAll(snapshot), device.Log.Length);
        var bytes = Bytes.Random(length);
        bytes.CopyTo(expected, 3 * Chunk + 512);
        Assert.Equal(IoResult.Success(length), await Soon(snapshot.WriteAsync(3 * Chunk + 512, bytes).AsTask()));
        Assert.Equal(
            [(IoOperations.Read, 3 * Chunk, Chunk), (IoOperations.Read, 3 * Chunk + length, Chunk)],
            device.Log[before..].Where(io => io.Operation == IoOperations.Read).OrderBy(io => io.Offset));
        Assert.Equal(expected, await ReadAll(snapshot));
    }

    private async Task<int> ReadsOf(SnapshotOrigin origin, int offset, int length)
    {
        var before = _device.Reads;
        await Write(origin, offset, Bytes.Random(length, offset));
        return _device.Reads - before;
    }
}
