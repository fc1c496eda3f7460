using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>The store has room, but the underlying file system has none: this is an overflow, and the status says so.</summary>
public sealed class Store_without_space_should : SnapshotSpec
{
    private readonly MemoryBlockDevice _memory = Cow();
    private readonly MemoryBlockDevice _device = OriginDevice();

    [Theory]
    [InlineData(IoError.NoSpace, Chunk)]
    [InlineData(IoError.NoSpace, 100)]
    [InlineData(IoError.QuotaExceeded, Chunk)]
    [InlineData(IoError.QuotaExceeded, 100)]
    public async Task overflow_when_a_write_to_the_snapshot_finds_none(IoError error, int length)
    {
        var cow = new Sparse(_memory, error);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using (var snapshot = await OpenAsync(origin, cow, StoreKind.PersistentOverflow))
        {
            var expected = await ReadAll(snapshot);
            cow.IsFull = true;
            // A whole chunk is written directly and fails with the device's own error; if the chunk must be copied first, the writer gets the kernel's error.
            Assert.Equal(length == Chunk ? error : IoError.Io, (await Soon(snapshot.WriteAsync(20 * Chunk, new byte[length]).AsTask())).Error);
            var status = await snapshot.GetStatusAsync();
            Assert.Equal((SnapshotState.Overflow, SnapshotProblem.NoSpace), (status.State, status.Problem));
            Assert.Contains(error.Describe(), status.Reason, StringComparison.Ordinal);
            Assert.Equal(expected, await ReadAll(snapshot));
            cow.IsFull = false;
            await Write(origin, 30 * Chunk, Bytes.Random(5 * Chunk, 9));        // origin writes and their copies continue
            Assert.Equal(expected, await ReadAll(snapshot));
        }
        await using var again = await OpenAsync(origin, cow, StoreKind.PersistentOverflow);
        await Write(again, 20 * Chunk, Bytes.Random(length, 4));
    }

    [Theory]
    [InlineData(StoreKind.Persistent, false)]
    [InlineData(StoreKind.Persistent, true)]
    [InlineData(StoreKind.PersistentOverflow, true)]
    public async Task be_invalid_where_a_full_one_would_be_and_say_why(StoreKind kind, bool byOrigin)
    {
        var cow = new Sparse(_memory, IoError.NoSpace);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await OpenAsync(origin, cow, kind);
        cow.IsFull = true;
        if (byOrigin)
            await Write(origin, 20 * Chunk, Bytes.Random(100, 2));
        else
            Assert.Equal(IoError.Io, (await Soon(snapshot.WriteAsync(20 * Chunk, new byte[100]).AsTask())).Error);
        var status = await snapshot.GetStatusAsync();
        Assert.Equal((SnapshotState.Invalid, SnapshotProblem.NoSpace), (status.State, status.Problem));
        Assert.Contains("No space left on device", status.Reason, StringComparison.Ordinal);
        Assert.False(_memory.SaysThatItIsValid());
    }

    [Theory, InlineData(1), InlineData(32), InlineData(40), InlineData(100)]
    public async Task be_whole_after_its_metadata_found_none(int chunks)
    {
        // 32 records fill an area: the next record needs space for a new one.
        var memory = BlockDevice.Memory(1 << 20, name: "cow");
        var cow = new Sparse(memory, IoError.NoSpace);
        byte[] expected;
        await using (var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device, leaveOpen: true))
        await using (var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = 512, Store = StoreKind.PersistentOverflow, LeaveOpen = true }))
        {
            await Write(snapshot, 512 * 200, Bytes.Random(512 * 7, 1));
            expected = await ReadAll(snapshot);
            cow.IsFullForMetadata = true;
            var written = await Soon(snapshot.WriteAsync(0, Bytes.Random(512 * chunks, 2)).AsTask());
            if (written.IsSuccess)      // no new area was needed
                expected = await ReadAll(snapshot);
            else
                Assert.Equal(SnapshotProblem.NoSpace, (await snapshot.GetStatusAsync()).Problem);
            cow.IsFullForMetadata = false;
            var bytes = Bytes.Random(512 * 50, 3);
            await Write(origin, 0, bytes);      // records written now must not revive those that were given up
            var shown = await ReadAll(snapshot);
            Assert.Equal(expected[(512 * chunks)..], shown[(512 * chunks)..]);
            expected = shown;
        }
        await using var later = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var again = await later.OpenSnapshotAsync(memory, new() { Mode = StoreMode.Open });
        Assert.Equal(expected, await ReadAll(again));
    }

    private static async Task<Snapshot> OpenAsync(SnapshotOrigin origin, IBlockDevice cow, StoreKind kind)
    {
        var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, Store = kind, LeaveOpen = true });
        if ((await snapshot.GetStatusAsync()).Exceptions == 0)
            await Write(snapshot, 10 * Chunk, Bytes.Random(3 * Chunk, 1));
        return snapshot;
    }

    /// <summary>A sparse file on a full disk: sectors that were written before can be written again, and no others.</summary>
    private sealed class Sparse(MemoryBlockDevice inner, IoError error) : DeviceLayer(inner, leaveOpen: true)
    {
        private readonly Lock _lock = new();
        private readonly HashSet<long> _sectors = [];

        public volatile bool IsFull;

        public volatile bool IsFullForMetadata;     // areas of 512-byte chunks

        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
        {
            lock (_lock)
            {
                for (var sector = offset / 512; sector < (offset + buffer.Length + 511) / 512; sector++)
                {
                    if ((IsFull || (IsFullForMetadata && sector % 33 == 1)) && !_sectors.Contains(sector))
                        return new(IoResult.Failure(error, Math.Max(0, sector * 512 - offset)));
                    _sectors.Add(sector);
                }
            }
            return base.WriteAsync(offset, buffer);
        }
    }
}
