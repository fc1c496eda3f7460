using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class GrowAsync_should : SnapshotSpec
{
    private readonly MemoryBlockDevice _cow = Cow();
    private readonly byte[] _frozen = OriginDevice().Bytes.ToArray();

    [Fact]
    public async Task take_an_overflow_back()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Part(4), new() { ChunkSize = Chunk, Store = StoreKind.PersistentOverflow });
        await Write(snapshot, 0, Bytes.Random(2 * Chunk));
        Assert.Equal(IoError.Io, (await Soon(snapshot.WriteAsync(2 * Chunk, new byte[Chunk]).AsTask())).Error);
        await Soon(snapshot.GrowAsync(Part(6)));
        var status = await snapshot.GetStatusAsync();
        Assert.Equal(("snapshot 32/48 16", null), (status.ToString(), status.Reason));
        await Write(snapshot, 0, Bytes.Random(4 * Chunk, 2));
        Bytes.Random(4 * Chunk, 2).CopyTo(_frozen, 0);
        Assert.Equal(_frozen, await ReadAll(snapshot));
    }

    [Fact]
    public async Task not_disturb_who_writes()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Part(80), new() { ChunkSize = Chunk });
        var isGrown = false;
        var writing = Task.Run(async () =>
        {
            for (var round = 0; round == 0 || !Volatile.Read(ref isGrown); round++)
            {
                for (var chunk = 0; chunk < 60; chunk++)
                    await Write(origin, chunk * Chunk + 100, Bytes.Random(Chunk, round));
            }
        });
        for (var chunks = 90; chunks <= 300; chunks += 10)
            await Soon(snapshot.GrowAsync(Part(chunks)));
        Volatile.Write(ref isGrown, true);
        await Soon(writing);
        await Write(origin, 0, Bytes.Random(OriginLength, 3));
        Assert.Equal(_frozen, await ReadAll(snapshot));
        Assert.Equal("snapshot 2072/2400 24", (await snapshot.GetStatusAsync()).ToString());
    }

    [Fact]
    public async Task refuse_a_smaller_device_and_another_one()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Part(10), new() { ChunkSize = Chunk });
        await Assert.ThrowsAsync<ArgumentException>(() => snapshot.GrowAsync(Part(9)));
        await Assert.ThrowsAsync<ArgumentException>(() => snapshot.GrowAsync(Cow(chunks: 20, name: "another")));
        await Assert.ThrowsAsync<ArgumentException>(() => snapshot.GrowAsync(BlockDevice.Range(_cow, Chunk, 20 * Chunk)));
        Assert.Equal("snapshot 16/80 16", (await snapshot.GetStatusAsync()).ToString());
        await Write(snapshot, 0, Bytes.Random(8 * Chunk));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task dispose_the_device_that_it_had_unless_it_was_to_be_left_open(bool leaveOpen)
    {
        var (before, after) = (new DisposalProbe(Part(10)), new DisposalProbe(Part(20)));
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var snapshot = await origin.OpenSnapshotAsync(before, new() { ChunkSize = Chunk, LeaveOpen = leaveOpen });
        await Soon(snapshot.GrowAsync(after));
        Assert.Equal((!leaveOpen, false), (before.IsDisposed, after.IsDisposed));
        await snapshot.DisposeAsync();
        Assert.Equal((!leaveOpen, !leaveOpen), (before.IsDisposed, after.IsDisposed));
    }

    [Fact]
    public async Task not_bring_an_invalid_snapshot_back()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Part(2), new() { ChunkSize = Chunk });
        await Write(origin, 0, Bytes.Random(Chunk));
        await Soon(snapshot.GrowAsync(Part(20)));
        var status = await snapshot.GetStatusAsync();
        Assert.Equal((SnapshotState.Invalid, "its store is full"), (status.State, status.Reason));
        Assert.Equal(IoError.Io, (await Soon(snapshot.ReadAsync(0, new byte[10]).AsTask())).Error);
    }

    private RangeBlockDevice Part(int chunks) => BlockDevice.Range(_cow, 0, chunks * Chunk);
}
