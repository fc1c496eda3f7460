using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>A device that cannot serve the purpose it is passed for is refused, and stays with the caller.</summary>
public sealed class Misused_devices_should : SnapshotSpec
{
    [Fact]
    public async Task not_dispose_the_device_that_is_given_to_grow_with()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var cow = Cow();
        await using var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk });
        await Soon(snapshot.GrowAsync(cow));
        await Write(snapshot, 0, new byte[Chunk]);
    }

    [Fact]
    public async Task refuse_to_grow_with_a_device_that_is_read_only()
    {
        using var folder = new TempFolder();
        var path = folder["cow"];
        File.WriteAllBytes(path, new byte[20 * Chunk]);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(BlockDevice.Open(path, new() { ReadOnly = false }), new() { ChunkSize = Chunk });
        await Assert.ThrowsAsync<ArgumentException>(() => Soon(snapshot.GrowAsync(BlockDevice.Open(path, new() { ReadOnly = true }))));
        await Write(snapshot, 0, new byte[Chunk]);
    }

    [Fact]
    public async Task leave_the_store_of_an_open_snapshot_open_that_is_refused_to_another()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var cow = Cow();
        await using var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk });
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk })));
        await Write(snapshot, 0, new byte[Chunk]);
    }

    [Fact]
    public async Task leave_the_origin_open_that_is_refused_as_its_own_store()
    {
        var device = OriginDevice();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await Assert.ThrowsAsync<ArgumentException>(() => Soon(origin.OpenSnapshotAsync(device, new() { ChunkSize = Chunk })));
        await Write(origin, 0, new byte[Chunk]);
    }

    [Fact]
    public async Task refuse_to_grow_a_closed_snapshot()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var cow = Cow();
        var snapshot = await origin.OpenSnapshotAsync(BlockDevice.Range(cow, 0, 10 * Chunk), new() { ChunkSize = Chunk });
        await snapshot.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(snapshot.GrowAsync(BlockDevice.Range(cow, 0, 20 * Chunk))));
    }

    [Fact]
    public async Task refuse_to_grow_with_a_device_whose_alignment_the_chunks_do_not_have()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var cow = Cow();
        await using var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = 512 });
        await Assert.ThrowsAsync<ArgumentException>(() => Soon(snapshot.GrowAsync(new Aligned(cow))));
        await Write(snapshot, 0, new byte[512]);
    }

    [Fact]
    public async Task answer_a_write_to_a_lost_chunk_by_an_io_error()
    {
        var cow = Cow();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using (var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, LeaveOpen = true }))
            await Write(snapshot, 0, Bytes.Random(4 * Chunk, 1));
        await using var truncated = await origin.OpenSnapshotAsync(BlockDevice.Range(cow, 0, 4 * Chunk), new() { AcceptTruncated = true });
        Assert.Equal(IoResult.Failure(IoError.Io), await Soon(truncated.WriteAsync(3 * Chunk, new byte[10]).AsTask()));
    }

    private sealed class Aligned(IBlockDevice inner) : DeviceLayer(inner, leaveOpen: true)
    {
        public override int Alignment => 4096;
    }
}
