using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>The chunks that an incremental backup has to copy, for a snapshot that is in use.</summary>
public sealed class Changed_chunks_should : SnapshotSpec
{
    [Fact]
    public async Task be_all_that_were_written_to_the_origin_or_to_the_snapshot_in_ascending_order()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        Assert.Empty(await snapshot.GetChangedChunksAsync());
        var expected = new SortedSet<long>();
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            var chunk = random.Next(OriginLength / Chunk);
            expected.Add(chunk);
            await Write(i % 3 == 0 ? snapshot : origin, chunk * Chunk + 7, Bytes.Random(100, i));
        }
        Assert.Equal(expected, await snapshot.GetChangedChunksAsync());
    }

    [Fact]
    public async Task be_refused_when_the_origin_is_closed()
    {
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        await origin.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(snapshot.GetChangedChunksAsync()));
    }
}
