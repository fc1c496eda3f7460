using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Four chunks are in the store, and the last two are lost.</summary>
public sealed class TruncatedStore_should : SnapshotSpec
{
    private readonly MemoryBlockDevice _device = OriginDevice();
    private readonly MemoryBlockDevice _cow = Cow();

    [Fact]
    public async Task answer_io_errors_for_lost_chunks_and_stay_valid()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var truncated = await Truncated(origin);
        var buffer = new byte[6 * Chunk];
        Assert.Equal(IoResult.Failure(IoError.Io, 2 * Chunk), await Soon(truncated.ReadAsync(0, buffer).AsTask()));
        Assert.False((await Soon(truncated.WriteAsync(3 * Chunk, new byte[10]).AsTask())).IsSuccess);
        await Read(truncated, 4 * Chunk, buffer);
        Assert.Equal(SnapshotState.Active, (await truncated.GetStatusAsync()).State);
        Assert.True(_cow.SaysThatItIsValid());
    }

    [Fact]
    public async Task let_the_origin_be_written_where_it_has_the_chunks_or_had_them()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var truncated = await Truncated(origin);
        await Write(origin, 0, Bytes.Random(4 * Chunk, 2));
        Assert.Equal(SnapshotState.Active, (await truncated.GetStatusAsync()).State);
        var buffer = new byte[2 * Chunk];
        await Read(truncated, 0, buffer);
        Assert.Equal(Bytes.Random(4 * Chunk, 1)[..buffer.Length], buffer);
    }

    [Fact]
    public async Task be_full()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var truncated = await Truncated(origin);
        await Write(origin, 4 * Chunk, new byte[10]);
        Assert.Equal(SnapshotState.Invalid, (await truncated.GetStatusAsync()).State);
        Assert.False(_cow.SaysThatItIsValid());
    }

    [Fact]
    public async Task be_refused_unless_that_is_accepted()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var truncated = await Truncated(origin);
        await truncated.DisposeAsync();
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => origin.OpenSnapshotAsync(BlockDevice.Range(_cow, 0, 4 * Chunk)));
        Assert.Contains("AcceptTruncated", refusal.Message, StringComparison.Ordinal);
    }

    private async Task<Snapshot> Truncated(SnapshotOrigin origin)
    {
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, new() { ChunkSize = Chunk, LeaveOpen = true }))
            await Write(snapshot, 0, Bytes.Random(4 * Chunk, 1));
        return await origin.OpenSnapshotAsync(BlockDevice.Range(_cow, 0, 4 * Chunk), new() { AcceptTruncated = true });
    }
}
