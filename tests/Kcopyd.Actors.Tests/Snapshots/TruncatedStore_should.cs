using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class TruncatedStore_should : SnapshotSpec
{
    [Fact]
    public async Task answer_io_errors_for_lost_chunks_and_stay_valid()
    {
        var cow = Cow();
        await using var origin = Sys.CreateSnapshotOrigin(OriginDevice());
        await using (var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, LeaveOpen = true }))
            await Write(snapshot, 0, Bytes.Random(4 * Chunk, 1));

        await using var truncated = await origin.OpenSnapshotAsync(BlockDevice.Range(cow, 0, 4 * Chunk), new() { AcceptTruncated = true });
        var buffer = new byte[6 * Chunk];
        Assert.Equal(IoResult.Failure(IoError.Io, 2 * Chunk), await Soon(truncated.ReadAsync(0, buffer).AsTask()));
        await Read(truncated, 4 * Chunk, buffer);
        Assert.Equal(SnapshotState.Active, (await truncated.GetStatusAsync()).State);
    }
}
