using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>The store has room for two chunks, and both are in use.</summary>
public sealed class Full_store_should : SnapshotSpec
{
    private readonly MemoryBlockDevice _device = OriginDevice();
    private readonly MemoryBlockDevice _cow = Cow(chunks: 4);
    private readonly byte[] _expected = OriginDevice().Bytes.ToArray();

    [Theory, InlineData(StoreKind.Persistent), InlineData(StoreKind.PersistentOverflow), InlineData(StoreKind.Transient)]
    public async Task keep_working_until_it_needs_another_chunk(StoreKind kind)
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Full(origin, kind);
        await WriteExpected(snapshot, 7, 100);
        await WriteExpected(snapshot, Chunk, Chunk);
        await Write(origin, 0, Bytes.Random(2 * Chunk, 3));     // both chunks are already in the store
        Assert.Equal(_expected, await ReadAll(snapshot));
        var status = await snapshot.GetStatusAsync();
        Assert.Equal((SnapshotState.Active, 100.0, 2L), (status.State, status.UsedPercent, status.Exceptions));
    }

    [Theory]
    [InlineData(StoreKind.Persistent, Chunk)]
    [InlineData(StoreKind.Persistent, 100)]
    [InlineData(StoreKind.Transient, Chunk)]
    [InlineData(StoreKind.Transient, 100)]
    public async Task invalidate_the_snapshot_whose_write_finds_it_full(StoreKind kind, int length)
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using (var snapshot = await Full(origin, kind))
        {
            Assert.Equal(IoResult.Failure(IoError.Io), await Soon(snapshot.WriteAsync(2 * Chunk, new byte[length]).AsTask()));
            Assert.Equal("snapshot Invalid", (await snapshot.GetStatusAsync()).ToString());
            await AllFail(snapshot);
            Assert.Equal(_device.Bytes.ToArray(), await ReadAll(origin));
        }
        Assert.False(_cow.SaysThatItIsValid());
    }

    [Fact]
    public async Task stay_invalid_for_good()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using (var snapshot = await Full(origin, StoreKind.Persistent))
            await Soon(snapshot.WriteAsync(2 * Chunk, new byte[Chunk]).AsTask());
        Assert.False(_cow.SaysThatItIsValid());
        await using var again = await origin.OpenSnapshotAsync(_cow, new() { Mode = StoreMode.Open, LeaveOpen = true });
        Assert.Equal(SnapshotState.Invalid, (await again.GetStatusAsync()).State);
        await AllFail(again);
        await Write(origin, 5 * Chunk, Bytes.Random(Chunk, 4));
    }

    [Fact]
    public async Task overflow_and_stay_readable_if_it_was_opened_so()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using (var snapshot = await Full(origin, StoreKind.PersistentOverflow))
        {
            Assert.Equal(IoResult.Failure(IoError.Io), await Soon(snapshot.WriteAsync(2 * Chunk, new byte[100]).AsTask()));
            Assert.Equal("snapshot Overflow", (await snapshot.GetStatusAsync()).ToString());
            Assert.Equal(IoResult.Failure(IoError.Io), await Soon(snapshot.WriteAsync(0, new byte[100]).AsTask()));
            Assert.Equal(_expected, await ReadAll(snapshot));
        }
        Assert.True(_cow.SaysThatItIsValid());
        await using var again = await origin.OpenSnapshotAsync(_cow, new() { Store = StoreKind.PersistentOverflow, Mode = StoreMode.Open, LeaveOpen = true });
        Assert.Equal("snapshot 32/32 16", (await again.GetStatusAsync()).ToString());
        await WriteExpected(again, Chunk + 9, 100);
        Assert.Equal(_expected, await ReadAll(again));
    }

    [Theory, InlineData(StoreKind.Persistent), InlineData(StoreKind.PersistentOverflow)]
    public async Task give_way_to_an_origin_write_and_say_so_before_it(StoreKind kind)
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Full(origin, kind);
        var bytes = Bytes.Random(3 * Chunk, 5);
        await Write(origin, Chunk, bytes);      // its first chunk is in the store
        Assert.False(_cow.SaysThatItIsValid());
        Assert.Equal(bytes, _device.Bytes.Slice(Chunk, bytes.Length).ToArray());
        Assert.Equal(SnapshotState.Invalid, (await snapshot.GetStatusAsync()).State);
        await AllFail(snapshot);
    }

    [Fact]
    public async Task invalidate_itself_only()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var full = await Full(origin, StoreKind.Persistent);
        await using var other = await origin.OpenSnapshotAsync(Cow(name: "other"), new() { ChunkSize = Chunk });
        var frozen = _device.Bytes.ToArray();
        await Write(origin, 0, Bytes.Random(8 * Chunk, 6));
        Assert.Equal([SnapshotState.Invalid, SnapshotState.Active], (await origin.GetStatusAsync()).Snapshots.Select(status => status.State));
        Assert.Equal(frozen, await ReadAll(other));
    }

    [Fact]
    public async Task be_what_two_chunks_make()
    {
        var cow = Cow(chunks: 2);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk });
        Assert.Equal("snapshot 16/16 16", (await snapshot.GetStatusAsync()).ToString());
        Assert.Equal(_expected, await ReadAll(snapshot));
        await Write(origin, 0, new byte[1]);
        Assert.False(cow.SaysThatItIsValid());
    }

    private async Task<Snapshot> Full(SnapshotOrigin origin, StoreKind kind)
    {
        var cow = kind == StoreKind.Transient ? BlockDevice.Range(_cow, 0, 2 * Chunk) : (IBlockDevice)_cow;
        var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, Store = kind, LeaveOpen = true });
        await WriteExpected(snapshot, 0, 2 * Chunk);
        return snapshot;
    }

    private async Task WriteExpected(Snapshot snapshot, int offset, int length)
    {
        var bytes = Bytes.Random(length, offset + 1);
        bytes.CopyTo(_expected, offset);
        await Write(snapshot, offset, bytes);
    }

    private static async Task AllFail(Snapshot snapshot)
    {
        foreach (var chunk in new[] { 0, 2 })       // one in the store, one on the origin
        {
            Assert.Equal(IoResult.Failure(IoError.Io), await Soon(snapshot.ReadAsync(chunk * Chunk, new byte[10]).AsTask()));
            Assert.Equal(IoResult.Failure(IoError.Io), await Soon(snapshot.WriteAsync(chunk * Chunk, new byte[10]).AsTask()));
        }
    }
}
