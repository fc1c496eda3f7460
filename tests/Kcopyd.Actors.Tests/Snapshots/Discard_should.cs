using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Chunks 2 to 4 of the snapshot are in chunks 2 to 4 of the store.</summary>
public sealed class Discard_should : SnapshotSpec
{
    private static readonly SnapshotOptions Zeroes = new() { ChunkSize = Chunk, DiscardZeroesCow = true };

    private readonly MemoryBlockDevice _device = OriginDevice();
    private readonly MemoryBlockDevice _bytes = Cow();
    private readonly byte[] _expected = OriginDevice().Bytes.ToArray();
    private readonly Discards _cow;

    public Discard_should() => _cow = new Discards(_bytes);

    [Fact]
    public async Task zero_whole_chunks_in_the_store_and_keep_their_records()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Open(origin, Zeroes);
        var status = await snapshot.GetStatusAsync();
        await Discard(snapshot, 2 * Chunk, 2 * Chunk);
        _expected.AsSpan(2 * Chunk, 2 * Chunk).Clear();
        Assert.Equal(_expected, await ReadAll(snapshot));
        Assert.Equal(new byte[2 * Chunk], _bytes.Bytes.Slice(2 * Chunk, 2 * Chunk).ToArray());
        Assert.Equal(status, await snapshot.GetStatusAsync());
        Assert.Empty(_cow.Log);
        Assert.Equal(OriginDevice().Bytes.ToArray(), _device.Bytes.ToArray());
    }

    [Fact]
    public async Task zero_whole_chunks_also_where_the_store_can_only_be_written()
    {
        _cow.Without = DeviceFeatures.WriteZeroes | DeviceFeatures.Discard;
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Open(origin, Zeroes);
        await Discard(snapshot, 2 * Chunk - 512, 2 * Chunk + 1024);     // only part of chunk 4
        _expected.AsSpan(2 * Chunk, 2 * Chunk).Clear();
        Assert.Equal(_expected, await ReadAll(snapshot));
        Assert.Empty(_cow.Log);
    }

    [Fact]
    public async Task do_nothing_where_there_is_no_exception()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Open(origin, Zeroes);
        var (store, status) = (_bytes.Bytes.ToArray(), await snapshot.GetStatusAsync());
        await Discard(snapshot, 10 * Chunk, 5 * Chunk);
        await Discard(snapshot, 5 * Chunk + 512, 512);
        Assert.Equal(_expected, await ReadAll(snapshot));
        Assert.Equal(store, _bytes.Bytes.ToArray());
        Assert.Equal(status, await snapshot.GetStatusAsync());
        Assert.Empty(_cow.Log);
    }

    [Fact]
    public async Task pass_parts_of_chunks_to_the_store()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Open(origin, Zeroes);
        await Discard(snapshot, 3 * Chunk + 512, 1024);
        await Discard(snapshot, 3 * Chunk - 512, Chunk + 1024);         // the end of one chunk, all of the next, and the start of a third
        Assert.Equal([(3 * Chunk - 512L, 512L), (3 * Chunk + 512L, 1024L), (4L * Chunk, 512L)], _cow.Log.Order());
        _expected.AsSpan(3 * Chunk - 512, Chunk + 1024).Clear();        // discarded memory reads as zeroes
        Assert.Equal(_expected, await ReadAll(snapshot));
    }

    [Fact]
    public async Task take_the_last_chunk_for_whole_though_it_is_short()
    {
        var device = OriginDevice(OriginLength - 1024);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, Zeroes);
        await Write(snapshot, OriginLength - Chunk, Bytes.Random(Chunk - 1024));
        await Discard(snapshot, OriginLength - Chunk, Chunk - 1024);
        Assert.Empty(_cow.Log);
        Assert.Equal(new byte[Chunk - 1024], (await ReadAll(snapshot))[(OriginLength - Chunk)..]);
    }

    [Fact]
    public async Task not_be_supported_unless_it_was_asked_for()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Open(origin, Zeroes with { DiscardZeroesCow = false });
        Assert.Equal(DeviceFeatures.None, snapshot.Features & DeviceFeatures.Discard);
        Assert.Equal(IoResult.Failure(IoError.NotSupported), await Soon(snapshot.DiscardAsync(2 * Chunk, Chunk).AsTask()));
        Assert.Equal(_expected, await ReadAll(snapshot));
    }

    [Fact]
    public async Task reach_the_origin_without_a_copy_if_it_is_passed_down()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await Open(origin, Zeroes with { DiscardPassdownOrigin = true });
        var status = await snapshot.GetStatusAsync();
        await Discard(snapshot, 4 * Chunk, 2 * Chunk);
        Assert.Equal(new byte[2 * Chunk], _device.Bytes.Slice(4 * Chunk, 2 * Chunk).ToArray());
        _expected.AsSpan(4 * Chunk, 2 * Chunk).Clear();
        Assert.Equal(_expected, await ReadAll(snapshot));
        Assert.Equal(status, await snapshot.GetStatusAsync());
    }

    [Fact]
    public async Task fail_after_an_overflow_as_a_write_does()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(_device);
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(chunks: 3), Zeroes with { Store = StoreKind.PersistentOverflow });
        await Write(snapshot, 0, new byte[Chunk]);
        await Soon(snapshot.WriteAsync(Chunk, new byte[Chunk]).AsTask());
        Assert.Equal(IoResult.Failure(IoError.Io), await Soon(snapshot.DiscardAsync(0, Chunk).AsTask()));
    }

    private async Task<Snapshot> Open(SnapshotOrigin origin, SnapshotOptions options)
    {
        var snapshot = await origin.OpenSnapshotAsync(_cow, options);
        var bytes = Bytes.Random(3 * Chunk, 9);
        bytes.CopyTo(_expected, 2 * Chunk);
        await Write(snapshot, 2 * Chunk, bytes);
        return snapshot;
    }

    private static async Task Discard(Snapshot snapshot, long offset, long length) =>
        Assert.Equal(new IoResult(length, IoError.None), await Soon(snapshot.DiscardAsync(offset, length).AsTask()));

    private sealed class Discards(IBlockDevice inner) : DeviceLayer(inner)
    {
        private readonly List<(long Offset, long Length)> _log = [];

        public DeviceFeatures Without { get; set; }

        public override DeviceFeatures Features => base.Features & ~Without;

        public (long Offset, long Length)[] Log
        {
            get
            {
                lock (_log)
                    return [.. _log];
            }
        }

        public override ValueTask<IoResult> DiscardAsync(long offset, long length)
        {
            lock (_log)
                _log.Add((offset, length));
            return base.DiscardAsync(offset, length);
        }

        public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
            (Without & DeviceFeatures.WriteZeroes) == 0 ? base.WriteZeroesAsync(offset, length) : new(IoResult.Failure(IoError.NotSupported));
    }
}
